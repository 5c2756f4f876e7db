/** The pages in a real browser: asking for the token, and showing what the workspace has. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { LocalWorkspace } from "../../src/testing.ts";

/** Debian's Chromium, or a Chrome that is installed; the test's own download would need a network. */
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

describe("pages", () => {
  let workspace: LocalWorkspace;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async function () {
    const executablePath = [process.env.CHROMIUM, ...BROWSERS, MAC].find((path) => path && existsSync(path));
    if (!executablePath) {
      // The only skipped tests: a machine without a browser cannot look at a page.
      console.log("      no Chromium or Chrome found; set CHROMIUM to one to run the tests of the pages");
      this.skip();
    }
    workspace = await LocalWorkspace.start();
    browser = await chromium.launch({ executablePath, args: FLAGS });
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    const { api } = workspace;
    await api.post("/api/2.1/unity-catalog/catalogs", { name: "shop", comment: "<b>bold</b>" });
    await api.post("/api/2.1/unity-catalog/schemas", { name: "sales", catalog_name: "shop" });
    await api.post("/api/2.1/unity-catalog/volumes", {
      name: "files",
      schema_name: "sales",
      catalog_name: "shop",
      volume_type: "MANAGED",
    });
  });

  after(async () => {
    await browser?.close();
    await workspace?.remove();
  });

  const logIn = async (): Promise<void> => {
    await page.goto(workspace.api.host);
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await page.getByLabel("Token").fill(workspace.token);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { name: "Job runs" }).waitFor();
  };

  it("refuse a wrong token and open with the right one", async () => {
    await page.goto(workspace.api.host);
    await page.getByLabel("Token").fill("dapi-wrong");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("Invalid access token").waitFor();
    problems.length = 0; // the refused request is in the console, as it should be
    await logIn();
    assert.deepEqual(problems, []);
  });

  it("are logged in by the token that `lakehouse open` brings, which then leaves the address", async () => {
    await page.goto("about:blank");
    await page.goto(`${workspace.api.host}/#token=${workspace.token}`);
    await page.getByRole("heading", { name: "Job runs" }).waitFor();
    assert.equal(page.url(), `${workspace.api.host}/`);
    assert.deepEqual(problems, []);
  });

  it("show catalogs, schemas and volumes, names as text and never as markup", async () => {
    await logIn();
    await page.getByRole("link", { name: "Catalog", exact: true }).click();
    await page.getByRole("link", { name: "shop" }).click();
    await page.getByRole("link", { name: "sales" }).click();
    await page.getByText("files (volume)").waitFor();
    assert.equal(await page.locator("main b").count(), 0);
    assert.deepEqual(problems, []);
  });

  it("say that nothing has run yet, and what to do", async () => {
    await logIn();
    await page.getByText("No job has run yet").waitFor();
  });

  it("count what the rounds of a continuous pipeline wrote; of a materialized view, its rows", async () => {
    const origin = (name: string) => ({ dataset_name: name, flow_name: name });
    const rule = (passed: number, failed: number) => ({
      dropped_records: failed,
      expectations: [{ name: "paid", dataset: "c.s.orders", passed_records: passed, failed_records: failed }],
    });
    const events = [
      {
        origin: origin("c.s.orders"),
        details: { flow_definition: { output_dataset: "c.s.orders", flow_type: "APPEND" } },
      },
      {
        origin: origin("c.s.total"),
        details: {
          flow_definition: {
            output_dataset: "c.s.total",
            flow_type: "MATERIALIZED_VIEW",
            input_datasets: ["c.s.orders"],
          },
        },
      },
      ...[rule(4, 1), rule(2, 0)].flatMap((quality, round) => [
        progress("c.s.orders", { num_output_rows: 4 - 2 * round }, quality),
        progress("c.s.total", { num_output_rows: 3 }),
      ]),
    ].map((event) => ({ timestamp: "2026-01-01T00:00:00Z", level: "INFO", message: "", ...event }));
    function progress(name: string, metrics: object, data_quality?: object): object {
      return { origin: origin(name), details: { flow_progress: { status: "RUNNING", metrics, data_quality } } };
    }
    await logIn();
    await page.route("**/api/2.0/pipelines/p1", (route) =>
      route.fulfill({ json: { name: "stream", latest_updates: [{ update_id: "u1", state: "RUNNING" }] } }),
    );
    await page.route("**/api/2.0/pipelines/p1/events?*", (route) =>
      route.fulfill({ json: { events: events.reverse() } }),
    );
    await page.goto(`${workspace.api.host}/#/pipeline/p1`);
    await page.getByText("running: 6 rows, 1 dropped", { exact: true }).waitFor();
    await page.getByText("running: 3 rows", { exact: true }).waitFor();
    assert.deepEqual(await page.locator("table tbody tr td").allTextContents(), ["c.s.orders", "paid", "6", "1"]);
    await page.unrouteAll();
    assert.deepEqual(problems, []);
  });
});
