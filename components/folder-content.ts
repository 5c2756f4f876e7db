/**
 * The content of a folder's notebooks and files, for `pulumi refresh`: the provider reads their metadata only. The hash of
 * each object as Databricks exports it is recorded after an upload; a refresh compares, and an update refuses to go on
 * with what somebody changed by hand.
 */
import * as pulumi from "@pulumi/pulumi";
import { request } from "./rest.ts";

interface ContentState {
  root: string;
  /** Hash of the local content by path under the root; a refresh puts `CHANGED` where the workspace differs. */
  files: Record<string, string>;
  /** Hash of what Databricks exported after the upload. */
  exported?: Record<string, string>;
}

const CHANGED = "changed in the workspace";

async function exportedHash(path: string): Promise<string> {
  const { status, body } = await request(
    "GET",
    `/api/2.0/workspace/export?format=AUTO&path=${encodeURIComponent(path)}`,
  );
  if (status === 404) return "deleted";
  if (status >= 400) throw new Error(`${path}: ${String(body.message ?? `status ${status}`)}`);
  const digest = await crypto.subtle.digest("SHA-256", Buffer.from(String(body.content), "base64"));
  return Buffer.from(digest).toString("hex");
}

async function exportedHashes({ root, files }: ContentState): Promise<Record<string, string>> {
  const paths = Object.keys(files);
  const hashes = await Promise.all(paths.map((path) => exportedHash(`${root}/${path}`)));
  return Object.fromEntries(paths.map((path, at) => [path, hashes[at]!]));
}

const provider: pulumi.dynamic.ResourceProvider<ContentState, ContentState> = {
  async create(inputs) {
    return { id: inputs.root, outs: { ...inputs, exported: await exportedHashes(inputs) } };
  },
  async diff(_id, olds, news) {
    const paths = new Set([...Object.keys(olds.files), ...Object.keys(news.files)]);
    const changes = olds.root !== news.root || [...paths].some((path) => olds.files[path] !== news.files[path]);
    return { changes, replaces: olds.root === news.root ? [] : ["root"] };
  },
  async update(_id, olds, news) {
    const exported = await exportedHashes(news);
    const drifted = Object.keys(news.files).filter(
      (path) => olds.files[path] === CHANGED && exported[path] !== olds.exported?.[path],
    );
    if (drifted.length > 0) {
      const targets = drifted.map((path) => `--replace '**/${path}'`).join(" ");
      throw new Error(
        `${drifted.join(", ")} in ${news.root} changed in the workspace. Upload again with: pulumi up ${targets}`,
      );
    }
    return { outs: { ...news, exported } };
  },
  async read(id, state) {
    const { root, files, exported = {} } = state as ContentState;
    const now = await exportedHashes({ root, files });
    const seen = Object.entries(files).map(([path, hash]) => [path, now[path] === exported[path] ? hash : CHANGED]);
    return { id, props: { root, files: Object.fromEntries(seen), exported } };
  },
  async delete() {},
};

export interface VerifiedContent {
  root: pulumi.Input<string>;
  /** Hash of the local content by path under the root. */
  files: Readonly<Record<string, string>>;
}

export class FolderContent extends pulumi.dynamic.Resource {
  constructor(name: string, args: VerifiedContent, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args, exported: undefined }, opts, "databricks-lakehouse", "FolderContent");
  }
}
