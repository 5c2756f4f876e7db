/** Builds elements. Text is always set as text, so that no name or row from the workspace can become markup. */
type Child = Node | string | number | undefined | false;
type Attributes = Record<string, string | number | undefined | ((event: Event) => void)>;

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

export const number = (value: number | undefined): string => (value ?? 0).toLocaleString("en-US");

export function duration(from: number | undefined, to: number | undefined): string {
  if (!from) return "";
  const seconds = ((to || Date.now()) - from) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const time = (at: number | string | undefined): string => (at ? new Date(at).toLocaleString() : "");

/** good, bad or wait: how a state of a run, update or flow is shown. */
export function mood(state: string): string {
  if (/SUCCESS|SUCCEEDED|COMPLETED|IDLE/.test(state)) return "good";
  if (/FAILED|ERROR|TIMEDOUT|CANCELED|UPSTREAM|SKIPPED/.test(state)) return "bad";
  return "wait";
}

export const state = (text: string): HTMLElement => h("span", { class: `state ${mood(text)}` }, text.toLowerCase());

/** Cells that are numbers are aligned as numbers. */
export function table(header: string[], rows: Child[][], empty = "nothing yet"): HTMLElement {
  if (rows.length === 0) return h("p", { class: "soft" }, empty);
  const numeric = header.map((_, at) => rows.every((row) => typeof row[at] === "number"));
  const cell = (tag: string, at: number, content: Child): HTMLElement =>
    h(tag, numeric[at] ? { class: "number" } : {}, typeof content === "number" ? number(content) : content);
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...header.map((title, at) => cell("th", at, title)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((content, at) => cell("td", at, content))))),
  );
}
