/** Uploads a local folder of notebooks and Python modules into a workspace folder of its own. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { type AccessRule, permissions } from "./access.ts";
import { Component, make, plain, type Transform, Violations } from "./component.ts";
import { sdk } from "./databricks.ts";
import { FolderContent, type VerifiedContent } from "./folder-content.ts";
import { type Naming, stackNaming, workspacePath } from "./names.ts";
import { planUploads, type UploadPlan } from "./notebook-files.ts";
import { claimFolder, hooks } from "./ownership.ts";

export interface NotebookFolderArgs {
  /**
   * Local folder, absolute or relative to the Pulumi program. Files with a Databricks notebook header and `.ipynb` files
   * become notebooks, others workspace files.
   */
  source: string;
  /** Globs of paths under `source` that are not uploaded, for example `tests/**`. */
  exclude?: readonly string[];
  /** Workspace folder to upload to, which must not exist yet. Not a person's folder. Default: made by `naming`. */
  target?: pulumi.Input<string>;
  /** Makes the folder's path. Default: Pulumi's project and stack. */
  naming?: Naming;
  /**
   * Who may do what with the folder, besides the deployer, the admins and those with access to the folders above it.
   * Absent: only those.
   */
  access?: readonly AccessRule<"CAN_READ" | "CAN_RUN" | "CAN_EDIT" | "CAN_MANAGE">[];
  /** Keeps the folder when the stack is destroyed by mistake: protect and retainOnDelete. Default true. */
  protectData?: boolean;
  /**
   * Lets a refresh see what somebody changed in a notebook or file by hand, which the provider does not. Authenticates by
   * environment variables, as `SqlFunction` does. Default false.
   */
  verifyContent?: boolean;
  /** Takes over a folder that exists. For one update: remove it when that succeeded. */
  adopt?: boolean;
  transform?: {
    folder?: Transform<databricks.DirectoryArgs>;
    notebook?: Transform<databricks.NotebookArgs>;
    file?: Transform<databricks.WorkspaceFileArgs>;
    /** Of the resource that `verifyContent` makes. */
    content?: Transform<VerifiedContent>;
    permissions?: Transform<databricks.PermissionsArgs>;
  };
}

export class NotebookFolder extends Component {
  /** The workspace folder. Depend on the component to wait for what is in it. */
  readonly path: pulumi.Output<string>;
  /** Uploaded objects by their path under the folder. */
  readonly objects: Readonly<Record<string, databricks.Notebook | databricks.WorkspaceFile>>;

  constructor(name: string, args: NotebookFolderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("NotebookFolder", name, opts);
    const { access = [], exclude = [], protectData = true, adopt = false, transform = {} } = args;
    const target = placed(args);
    checkTarget(name, plain(target), adopt);
    const uploads = planUploads(resolve(args.source), exclude);

    const root = make(
      sdk.Directory,
      name,
      { path: target, deleteRecursive: !protectData },
      {
        parent: this,
        protect: protectData,
        retainOnDelete: protectData,
        ...hooks(() => ({ beforeCreate: [claimFolder(this, name)] })),
        ...(adopt ? { import: plain(target)! } : {}),
      },
      transform.folder,
    );
    // By path: the folder exists then, and its id is unknown while it is created.
    permissions(name, { directoryPath: root.path }, access, { parent: this }, transform.permissions);

    // One resource a folder: files of a folder that does not exist yet would each make it, and some lose that race.
    const folders: Record<string, databricks.Directory> = { "": root };
    const folder = (path: string): databricks.Directory => {
      folders[path] ??= make(
        sdk.Directory,
        `${name}/${path}`,
        { path: pulumi.interpolate`${folder(parentOf(path)).path}/${nameOf(path)}`, deleteRecursive: !protectData },
        { parent: this },
        transform.folder,
      );
      return folders[path];
    };
    const objects: Record<string, databricks.Notebook | databricks.WorkspaceFile> = {};
    for (const upload of uploads) {
      objects[upload.path] = uploaded(`${name}/${upload.path}`, upload, folder(parentOf(upload.path)), this, transform);
    }
    this.objects = objects;
    if (args.verifyContent) {
      const files = Object.fromEntries(uploads.map(({ path, content }) => [path, sha256(content)]));
      const opts = { parent: this, dependsOn: Object.values(objects) };
      make(FolderContent, `${name}-content`, { root: root.path, files }, opts, transform.content);
    }
    this.path = root.path;
    this.registerOutputs({ path: this.path });
  }

  /**
   * Workspace path of an uploaded object, known when it exists.
   * @throws Error when the folder has no such file
   */
  pathOf(path: string): pulumi.Output<string> {
    const object = this.objects[path];
    if (!object) throw new Error(`'${path}' is not in the folder; it has: ${Object.keys(this.objects).join(", ")}`);
    return object.path;
  }
}

function uploaded(
  name: string,
  upload: UploadPlan,
  folder: databricks.Directory,
  parent: pulumi.Resource,
  transform: NonNullable<NotebookFolderArgs["transform"]>,
): databricks.Notebook | databricks.WorkspaceFile {
  // The folder's path is an output, so each upload waits for it.
  const path = pulumi.interpolate`${folder.path}/${nameOf(upload.path)}`;
  const contentBase64 = upload.content.toString("base64");
  const opts = { parent, deleteBeforeReplace: true };
  if (upload.kind === "file") {
    return make(sdk.WorkspaceFile, name, { path, contentBase64 }, opts, transform.file);
  }
  const { language, format } = upload;
  return make(sdk.Notebook, name, { path, language, format, contentBase64 }, opts, transform.notebook);
}

/** A service principal's own folder: it has no person who leaves. */
const SERVICE_PRINCIPAL_FOLDER = /^\/Users\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/|$)/i;

/** The folder's path; a plain one stays plain, since `adopt` imports by it. */
function placed({ target, naming }: NotebookFolderArgs): pulumi.Input<string> {
  const given = target ?? (naming ?? stackNaming()).folder();
  const known = plain(given);
  return known === undefined ? pulumi.output(given).apply(workspacePath) : workspacePath(known);
}

function checkTarget(name: string, target: string | undefined, adopt: boolean): void {
  const violations = new Violations();
  if (target === undefined) {
    if (adopt) violations.add("target", "must be known while the program runs for `adopt`, which imports by it");
    violations.check("NotebookFolder", name);
    return;
  }
  if (!/^\/[^/]+/.test(target))
    violations.add("target", `'${target}' must be an absolute workspace folder below the root`);
  if (target.startsWith("/Users/") && !SERVICE_PRINCIPAL_FOLDER.test(target)) {
    violations.add("target", `'${target}' must be outside /Users: a person's folder leaves with the person`);
  }
  violations.check("NotebookFolder", name);
}

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
