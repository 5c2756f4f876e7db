/** The command `lakehouse`: reads the arguments and runs a command. Exit status 0 when it did, 1 when it failed, 2 for wrong usage. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ToolchainError } from "lakehouse-toolchain/engine";
import { ControlError, DEFAULT_DATA_DIR, DEFAULT_PORT } from "../control/index.ts";
import { diffCommand } from "./diff.ts";
import { doctor } from "./doctor.ts";
import { logs } from "./logs.ts";
import { openPages } from "./open.ts";
import { testCommand } from "./test.ts";
import { env, reset, start, status, stop, token } from "./workspace.ts";

const PACKAGE = join(import.meta.dirname, "..", "..", "package.json");

function wholeNumber(allowed: string, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > most) throw new InvalidArgumentError(`It must be ${allowed}.`);
    return value;
  };
}

function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .addOption(
      new Option("--data-dir <dir>", "the folder with all data of the workspace")
        .env("LAKEHOUSE_DATA_DIR")
        .default(DEFAULT_DATA_DIR, `${DEFAULT_DATA_DIR} in the current folder`),
    );
}

/** Commands answer their exit status. */
type Action = (options: never) => number | Promise<number>;

function program(finish: (status: number) => void): Command {
  const does = (command: Command, action: Action): Command =>
    command.action(async (options) => finish(await action(options as never)));
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  const root = new Command("lakehouse")
    .description(
      "A Databricks workspace on this machine: REST API, Unity Catalog, jobs, pipelines and SQL on Spark and Delta.",
    )
    .version(version)
    .showHelpAfterError("(lakehouse --help shows the commands)");
  const port = new Option("--port <number>", "the port on 127.0.0.1; 0 takes a free one")
    .argParser(wholeNumber("a port from 1 to 65535, or 0 for a free one", 65535))
    .default(DEFAULT_PORT);
  const commands = [
    does(
      command("start", "Start the workspace and wait until it accepts requests")
        .addOption(port)
        .option("--strict", "allow only workspace admins to run Python", false)
        .option("--detach", "return then; the workspace goes on in the background", false),
      start,
    ),
    does(command("stop", "Stop the workspace, whoever started it"), stop),
    does(command("status", "Say whether the workspace runs, and where (exit status 1 when it does not)"), status),
    does(command("open", "Open the workspace's pages in the browser, logged in"), openPages),
    does(command("env", "Print DATABRICKS_HOST and DATABRICKS_TOKEN as lines for a shell"), env),
    does(command("token", "Print the admin's token"), token),
    does(
      command("logs", "Print what the workspace and its engine logged")
        .option("--follow", "go on as lines come, until Ctrl-C", false)
        .addOption(
          new Option("--tail <lines>", "how many lines of each log")
            .argParser(wholeNumber("a whole number", Number.MAX_SAFE_INTEGER))
            .default(200),
        ),
      logs,
    ),
    does(command("reset", "Delete the data folder, so that the next start begins anew"), reset),
    testCommand(command("test", "Run the unit tests of a pipeline, on an engine of their own"), finish),
    diffCommand(command("diff", "Compare the data of two catalogs (exit status 2 when it differs)"), finish),
    does(command("doctor", "Check what the workspace needs, and say how to get what is missing"), doctor),
  ];
  for (const each of commands) root.addCommand(each);
  for (const each of [root, ...commands]) each.exitOverride();
  return root;
}

/** Runs one command line and answers its exit status; what went wrong is said on stderr. */
export async function run(args: readonly string[]): Promise<number> {
  // `lakehouse logs | head`: nobody reads on, as SIGPIPE says to other programs.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 141 : 1));
  let result = 0;
  try {
    await program((status) => (result = status)).parseAsync([...args], { from: "user" });
    return result;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : args[0] === "diff" ? 1 : 2; // commander has said it; 2 of `diff` is a difference
    if (error instanceof ControlError || error instanceof ToolchainError) {
      process.stderr.write(`error: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}
