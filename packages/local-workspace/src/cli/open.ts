/**
 * `lakehouse open`. The token gets into the browser by a page in the data folder that only its owner can read, and that sends the
 * browser on: in an argument of the browser's command, every user of the machine could read it.
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onPath } from "lakehouse-toolchain/engine";
import { replaceFile } from "lakehouse-toolchain/files";
import { ControlError, type FoundWorkspace } from "../control/index.ts";
import { requireWorkspace } from "./workspace.ts";

export async function openPages(options: { dataDir: string }): Promise<number> {
  const found = await requireWorkspace(options);
  const browser = findBrowser();
  if (!browser) {
    throw new ControlError(
      `No browser was found (BROWSER, xdg-open, open). Open ${found.api.host} yourself and paste what 'lakehouse token' prints.`,
    );
  }
  await launch(browser, pathToFileURL(loginPage(found)).href);
  process.stdout.write(`Opened ${found.api.host} in the browser.\n`);
  return 0;
}

/** BROWSER as other tools read it: commands in the order of preference, separated by colons. */
function findBrowser(): string | undefined {
  const preferred = (process.env.BROWSER ?? "").split(":").filter((name) => name !== "");
  for (const name of [...preferred, "xdg-open", "open"]) {
    const found = name.includes("/") ? name : onPath(name);
    if (found) return found;
  }
  return undefined;
}

function loginPage({ api, token, folder }: FoundWorkspace): string {
  const target = JSON.stringify(`${api.host}/#token=${token}`);
  const page = `<!doctype html><meta charset="utf-8"><title>Local workspace</title><script>location.replace(${target})</script>\n`;
  const file = join(folder.dir, "open.html");
  replaceFile(file, page);
  return file;
}

/** Waits a moment for a command that fails at once; a browser that stays in the foreground goes on by itself. */
async function launch(browser: string, url: string): Promise<void> {
  const child = spawn(browser, [url], { detached: true, stdio: "ignore" });
  const failed = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code) => resolve(code === 0 ? undefined : `it ended with status ${code}`));
    setTimeout(() => resolve(undefined), 2000).unref();
  });
  child.unref();
  if (failed) throw new ControlError(`${browser} could not open the browser: ${failed}.`);
}
