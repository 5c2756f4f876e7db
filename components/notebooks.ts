/** Uploads a local folder of notebooks and Python modules into a workspace folder. */
import * as databricks from "@pulumi/databricks";
import * as pulumi from "@pulumi/pulumi";
import { planUploads, type UploadPlan } from "./notebook-files.ts";

export interface NotebookFolderArgs {
  /** Local folder; files with a Databricks notebook header become notebooks, others workspace files. */
  source: string;
  /** Workspace folder to upload to, for example /Shared/olist_dev. Not a person's folder. */
  target: string;
  transform?: {
    notebook?: (args: databricks.NotebookArgs, plan: UploadPlan) => databricks.NotebookArgs;
    file?: (args: databricks.WorkspaceFileArgs, plan: UploadPlan) => databricks.WorkspaceFileArgs;
  };
}

export class NotebookFolder extends pulumi.ComponentResource {
  /** The workspace folder, known when everything in it is uploaded. */
  readonly path: pulumi.Output<string>;
  /** Uploaded objects by their path under the folder. */
  readonly objects: Readonly<Record<string, databricks.Notebook | databricks.WorkspaceFile>>;

  constructor(name: string, args: NotebookFolderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("olist:lakehouse:NotebookFolder", name, {}, opts);
    const { source, target, transform = {} } = args;
    if (!target.startsWith("/") || target.endsWith("/") || /^(\/Workspace)?\/Users\//.test(target)) {
      throw new pulumi.InputPropertyError({
        propertyPath: "target",
        reason: `'${target}' must be an absolute workspace folder without a closing slash, outside /Users (a person's folder leaves with the person)`,
      });
    }
    const uploads = planUploads(source);
    // One resource a folder: files of a folder that is not there yet would each make it, and some lose that race.
    const folders: Record<string, databricks.Directory> = {
      "": new databricks.Directory(name, { path: target, deleteRecursive: true }, { parent: this }),
    };
    const folder = (path: string): databricks.Directory => {
      const known = folders[path];
      if (known) return known;
      const made = new databricks.Directory(
        `${name}/${path}`,
        { path: pulumi.interpolate`${folder(parentOf(path)).path}/${nameOf(path)}`, deleteRecursive: true },
        { parent: this },
      );
      folders[path] = made;
      return made;
    };

    const objects: Record<string, databricks.Notebook | databricks.WorkspaceFile> = {};
    for (const upload of uploads) {
      // The folder's path is an output, so each upload waits for it.
      const path = pulumi.interpolate`${folder(parentOf(upload.path)).path}/${nameOf(upload.path)}`;
      const contentBase64 = upload.content.toString("base64");
      const child = { parent: this, deleteBeforeReplace: true };
      if (upload.kind === "notebook") {
        const notebook: databricks.NotebookArgs = { path, language: upload.language, format: "SOURCE", contentBase64 };
        objects[upload.path] = new databricks.Notebook(
          `${name}/${upload.path}`,
          transform.notebook?.(notebook, upload) ?? notebook,
          child,
        );
      } else {
        const file: databricks.WorkspaceFileArgs = { path, contentBase64 };
        objects[upload.path] = new databricks.WorkspaceFile(
          `${name}/${upload.path}`,
          transform.file?.(file, upload) ?? file,
          child,
        );
      }
    }
    this.objects = objects;
    this.path = pulumi
      .all([folders[""]!.path, ...Object.values(objects).map((object) => object.id)])
      .apply(([path]) => path as string);
    this.registerOutputs({ path: this.path });
  }

  /**
   * Workspace path of an uploaded object, known when it is there.
   * @throws Error when the folder has no such file
   */
  pathOf(path: string): pulumi.Output<string> {
    const object = this.objects[path];
    if (!object) throw new Error(`'${path}' is not in the folder; it has: ${Object.keys(this.objects).join(", ")}`);
    return object.path;
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
