/** The policy pack as a process of its own, spoken to as the Pulumi engine does: gRPC, with properties as the engine marshals them. */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import type * as Analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";

const require = createRequire(import.meta.url);
const messages = require("@pulumi/pulumi/proto/analyzer_pb.js") as typeof Analyzer;
const { AnalyzerClient } = require("@pulumi/pulumi/proto/analyzer_grpc_pb.js");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js");

const POLICY_DIR = join(import.meta.dirname, "..", "..", "policy");

/** How the engine marshals a string that is not known yet, and a secret. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const secret = (value: unknown): unknown => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

export interface Sent {
  /** Short type, or a whole token. */
  type: string;
  name: string;
  props: Record<string, unknown>;
  protect?: boolean;
  /** URN of the provider. */
  provider?: string;
  /** URNs that a property's value comes from. */
  dependencies?: Record<string, string[]>;
}

export interface Diagnostic {
  policy: string;
  message: string;
  urn: string;
  level: "advisory" | "mandatory" | "disabled" | "remediate";
}

export const token = (type: string): string =>
  type.includes(":") ? type : `databricks:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`;
export const urnOf = ({ type, name }: { type: string; name: string }): string =>
  `urn:pulumi:test::governance::${token(type)}::${name}`;

type Answer = (error: Error | null, response: never) => void;
type Client = Record<string, (request: unknown, answer: Answer) => void> & { close(): void };

const LEVELS = ["advisory", "mandatory", "disabled", "remediate"] as const;

export class Pack {
  readonly #child: ChildProcess;
  readonly #client: Client;

  private constructor(child: ChildProcess, port: string) {
    this.#child = child;
    this.#client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  static async start(): Promise<Pack> {
    const child = spawn(process.execPath, ["main.js"], { cwd: POLICY_DIR, stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the pack ended with status ${code}`)));
      let said = "";
      child.stdout!.on("data", (data: Buffer) => {
        said += data.toString();
        const [, found] = /^(\d+)\n/.exec(said) ?? [];
        if (found) resolve(found);
      });
    });
    return new Pack(child, port);
  }

  async stop(): Promise<void> {
    this.#client.close();
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill();
    await ended;
  }

  async info(): Promise<Analyzer.AnalyzerInfo.AsObject> {
    const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
    return (await this.#call<Analyzer.AnalyzerInfo>("getAnalyzerInfo", new Empty())).toObject();
  }

  /** Sets the configuration of all rules; rules that are left out go back to their defaults. */
  async configure(
    config: Record<string, { level?: (typeof LEVELS)[number]; [setting: string]: unknown }> = {},
  ): Promise<void> {
    const request = new messages.ConfigureAnalyzerRequest();
    const info = await this.info();
    for (const policy of info.policiesList) {
      const { level, ...settings } = config[policy.name] ?? {};
      const entry = new messages.PolicyConfig();
      entry.setEnforcementlevel(level === undefined ? policy.enforcementlevel : (LEVELS.indexOf(level) as never));
      entry.setProperties(Struct.fromJavaScript(settings));
      request.getPolicyconfigMap().set(policy.name, entry);
    }
    await this.#call("configure", request);
  }

  async analyze(sent: Sent): Promise<Diagnostic[]> {
    return diagnostics(await this.#call("analyze", this.#request(new messages.AnalyzeRequest(), sent)));
  }

  async analyzeStack(all: readonly Sent[]): Promise<Diagnostic[]> {
    const request = new messages.AnalyzeStackRequest();
    request.setResourcesList(
      all.map((sent) => {
        const resource = this.#request(new messages.AnalyzerResource(), sent);
        for (const [property, urns] of Object.entries(sent.dependencies ?? {})) {
          const list = new messages.AnalyzerPropertyDependencies();
          list.setUrnsList(urns);
          resource.getPropertydependenciesMap().set(property, list);
        }
        return resource;
      }),
    );
    return diagnostics(await this.#call("analyzeStack", request));
  }

  /** Everything that a preview of these resources would report. */
  async preview(all: readonly Sent[]): Promise<Diagnostic[]> {
    const each = await Promise.all(all.map((sent) => this.analyze(sent)));
    return [...each.flat(), ...(await this.analyzeStack(all))];
  }

  async remediate(sent: Sent): Promise<{ policy: string; props?: Record<string, unknown>; diagnostic: string }[]> {
    const response = await this.#call<Analyzer.RemediateResponse>(
      "remediate",
      this.#request(new messages.AnalyzeRequest(), sent),
    );
    return response.getRemediationsList().map((one: Analyzer.Remediation) => ({
      policy: one.getPolicyname(),
      props: one.getProperties()?.toJavaScript() as Record<string, unknown> | undefined,
      diagnostic: one.getDiagnostic(),
    }));
  }

  #request<T extends Analyzer.AnalyzeRequest | Analyzer.AnalyzerResource>(request: T, sent: Sent): T {
    request.setType(token(sent.type));
    request.setName(sent.name);
    request.setUrn(urnOf(sent));
    request.setProperties(Struct.fromJavaScript(withoutUndefined(sent.props)));
    const options = new messages.AnalyzerResourceOptions();
    options.setProtect(sent.protect ?? false);
    request.setOptions(options);
    return request;
  }

  #call<T>(method: string, request: unknown): Promise<T> {
    return new Promise((resolve, reject) =>
      this.#client[method]!(request, (error, response) => (error ? reject(error) : resolve(response))),
    );
  }
}

function diagnostics(response: Analyzer.AnalyzeResponse): Diagnostic[] {
  return response.getDiagnosticsList().map((one) => ({
    policy: one.getPolicyname(),
    message: one.getMessage(),
    urn: one.getUrn(),
    level: LEVELS[one.getEnforcementlevel()]!,
  }));
}

const withoutUndefined = (props: object): object => JSON.parse(JSON.stringify(props)) as object;
