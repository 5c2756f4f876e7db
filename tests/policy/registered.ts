/** What a program registers, without an engine: resources as the policy pack gets them. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type Sent, urnOf } from "./pack.ts";

type Registration = {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProtect(): boolean;
  getParent(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getPropertydependenciesMap(): { forEach(each: (urns: { getUrnsList(): string[] }, property: string) => void): void };
};
interface Monitor {
  registerResource(request: Registration, ...rest: unknown[]): unknown;
  newUrn(parent: string, type: string, name: string): string;
}

interface Run {
  readonly project: string;
  readonly stack: string;
  readonly config?: Record<string, string>;
  /** In a preview no id and no other output of a resource is known. */
  readonly preview: boolean;
}

/** Groups of the second version have an id of their own, which is a number. */
const outputsOf = (type: string, preview: boolean): Record<string, string> =>
  !preview && /IamGroupV2$/.test(type) ? { groupId: "7" } : {};

/** Runs a program and returns what it registers with the Databricks provider; values that are not known are UNKNOWN. */
export async function registered(
  program: () => unknown,
  { project, stack, config = {}, preview }: Run,
): Promise<Sent[]> {
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, type, inputs }) => ({
      id: preview ? undefined : `${name}-id`,
      state: { ...inputs, ...outputsOf(type, preview) },
    }),
    call: ({ token }) => assert.fail(`the program calls ${token}, which the mock does not know`),
  };
  await pulumi.runtime.setMocks(mocks, project, stack, preview, "acme");
  pulumi.runtime.setAllConfig(config);
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const requests: Registration[] = [];
  monitor.registerResource = (request, ...rest) => {
    requests.push(request);
    return register(request, ...rest);
  };
  await program();
  await pulumi.runtime.disconnect();
  const urns = new Map(
    requests.map((one) => [
      monitor.newUrn(one.getParent(), one.getType(), one.getName()),
      urnOf({ type: one.getType(), name: one.getName() }),
    ]),
  );
  const dependenciesOf = (one: Registration): Record<string, string[]> => {
    const found: Record<string, string[]> = {};
    one.getPropertydependenciesMap().forEach((list, property) => {
      found[property] = list.getUrnsList().map((urn) => urns.get(urn) ?? urn);
    });
    return found;
  };
  return requests
    .filter((one) => one.getCustom() && one.getType().startsWith("databricks:"))
    .map((one) => ({
      type: one.getType(),
      name: one.getName(),
      props: {
        ...one.getObject().toJavaScript(),
        ...(preview ? {} : { id: `${one.getName()}-id`, ...outputsOf(one.getType(), preview) }),
      },
      protect: one.getProtect(),
      dependencies: dependenciesOf(one),
    }));
}
