/** Catalogs, schemas, tables and volumes; a table with its columns and its first rows. */
import { call, list, query } from "../api.ts";
import { h, table } from "../dom.ts";

interface Column {
  name: string;
  type_text: string;
  comment?: string;
}
interface Table {
  name: string;
  full_name: string;
  table_type: string;
  comment?: string;
  columns?: Column[];
}

const SAMPLE = 20;

export async function catalogPage(fullName?: string): Promise<Node[]> {
  const catalogs = await list<{ name: string }>("/api/2.1/unity-catalog/catalogs", "catalogs");
  const open = fullName?.split(".") ?? [];
  const tree = h("ul", {}, ...(await Promise.all(catalogs.map(({ name }) => catalogItem(name, open)))));
  return [
    h("h1", {}, "Catalog"),
    h("div", { class: "columns" }, h("div", { class: "card" }, tree), await detail(open)),
  ];
}

async function catalogItem(name: string, open: string[]): Promise<HTMLElement> {
  const link = h("a", { href: `#/catalog/${name}` }, name);
  if (open[0] !== name) return h("li", {}, link);
  const schemas = await list<{ name: string }>(
    `/api/2.1/unity-catalog/schemas?catalog_name=${encodeURIComponent(name)}`,
    "schemas",
  );
  return h("li", {}, link, h("ul", {}, ...(await Promise.all(schemas.map((s) => schemaItem(name, s.name, open))))));
}

async function schemaItem(catalog: string, name: string, open: string[]): Promise<HTMLElement> {
  const link = h("a", { href: `#/catalog/${catalog}.${name}` }, name);
  if (open[1] !== name) return h("li", {}, link);
  const where = `catalog_name=${encodeURIComponent(catalog)}&schema_name=${encodeURIComponent(name)}`;
  const [tables, volumes] = await Promise.all([
    list<Table>(`/api/2.1/unity-catalog/tables?${where}&omit_columns=true`, "tables"),
    list<{ name: string }>(`/api/2.1/unity-catalog/volumes?${where}`, "volumes"),
  ]);
  return h(
    "li",
    {},
    link,
    h(
      "ul",
      {},
      ...tables.map((t) => h("li", {}, h("a", { href: `#/catalog/${t.full_name}` }, t.name))),
      ...volumes.map((v) => h("li", { class: "soft" }, `${v.name} (volume)`)),
    ),
  );
}

async function detail(open: string[]): Promise<HTMLElement> {
  if (open.length < 3) return h("div", { class: "card soft" }, "Choose a table.");
  const name = open.join(".");
  const found = await call<Table>(`/api/2.1/unity-catalog/tables/${encodeURIComponent(name)}`);
  const quoted = open.map((part) => `\`${part.replaceAll("`", "``")}\``).join(".");
  let rows: HTMLElement;
  try {
    const sample = await query(`SELECT * FROM ${quoted} LIMIT ${SAMPLE}`);
    rows = table(
      sample.columns,
      sample.rows.map((row) => row.map((value) => value ?? "null")),
      "The table has no rows.",
    );
  } catch (error) {
    rows = h("pre", { class: "bad" }, (error as Error).message);
  }
  return h(
    "div",
    {},
    h(
      "div",
      { class: "card" },
      h("h1", {}, name),
      h("p", { class: "soft" }, `${found.table_type.toLowerCase().replaceAll("_", " ")}. ${found.comment ?? ""}`),
      table(
        ["column", "type", "comment"],
        (found.columns ?? []).map((column) => [column.name, column.type_text, column.comment ?? ""]),
      ),
    ),
    h("h2", {}, `First ${SAMPLE} rows`),
    h("div", { class: "card" }, rows),
  );
}
