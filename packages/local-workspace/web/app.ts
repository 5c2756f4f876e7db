/** Routes the address's fragment to a page, shows it again while something runs, and asks for the token first. */
import { ApiError, call, forgetToken, savedToken, saveToken } from "./api.ts";
import { h } from "./dom.ts";
import { catalogPage } from "./pages/catalog.ts";
import { pipelinePage, pipelinesPage } from "./pages/pipelines.ts";
import { runPage, runsPage } from "./pages/runs.ts";

const ROUTES: [RegExp, (...parts: string[]) => Promise<Node[]>, { live: boolean }][] = [
  [/^\/?$/, runsPage, { live: true }],
  [/^\/run\/(\d+)$/, runPage, { live: true }],
  [/^\/pipelines$/, pipelinesPage, { live: true }],
  [/^\/pipeline\/([^/]+)$/, pipelinePage, { live: true }],
  [/^\/catalog(?:\/(.+))?$/, catalogPage, { live: false }],
];
const REFRESH = 2500;

const main = document.querySelector("main")!;
let shown = 0;

async function show(): Promise<void> {
  shown += 1;
  const mine = shown;
  const path = decodeURIComponent(location.hash.replace(/^#/, ""));
  if (!savedToken()) return void main.replaceChildren(...login());
  const route = ROUTES.find(([pattern]) => pattern.test(path));
  if (!route) return void main.replaceChildren(h("p", {}, `There is no page ${path}.`));
  const [pattern, page, { live }] = route;
  try {
    const parts = await page(...((pattern.exec(path) ?? []).slice(1) as string[]));
    if (mine !== shown) return;
    main.replaceChildren(...parts);
  } catch (error) {
    if (mine !== shown) return;
    if (error instanceof ApiError && [401, 403].includes(error.status)) {
      forgetToken();
      return void main.replaceChildren(...login(error.message));
    }
    main.replaceChildren(h("p", { class: "bad" }, error instanceof Error ? error.message : String(error)));
  }
  if (live) setTimeout(() => mine === shown && !document.hidden && void show(), REFRESH);
}

function login(problem?: string): Node[] {
  const input = h("input", { type: "password", name: "token", autocomplete: "off", "aria-label": "Token" });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    saveToken((input as HTMLInputElement).value.trim());
    try {
      await call("/api/2.0/preview/scim/v2/Me");
      await show();
    } catch (error) {
      forgetToken();
      main.replaceChildren(...login((error as Error).message));
    }
  };
  return [
    h("h1", {}, "Token"),
    h(
      "div",
      { class: "card" },
      h(
        "p",
        {},
        "The workspace answers whoever has its token. `lakehouse token` prints it, and `lakehouse open` logs you in.",
      ),
      h("form", { submit: (event) => void submit(event) }, input, h("button", {}, "Open")),
      problem ? h("p", { class: "bad" }, problem) : h("span"),
    ),
  ];
}

/** `lakehouse open` brings the token in the fragment, which no server sees; it must not stay in the address or the history. */
function takeToken(): void {
  const brought = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (brought === undefined) return;
  saveToken(decodeURIComponent(brought));
  history.replaceState(null, "", location.pathname);
}

takeToken();
addEventListener("hashchange", () => {
  takeToken();
  void show();
});
document.addEventListener("visibilitychange", () => !document.hidden && void show());
void show();
