/** Writing notebooks and files: what each format makes of the content. */
import { ApiError, invalid, notImplemented } from "../../core/errors.ts";
import type { Database } from "../../store/database.ts";
import { EXTENSION, fromJupyter, isNotebookSource, languageOfName, withHeader } from "./notebook-format.ts";
import { checkedPath, checkTarget, refuseRoot, requireParent, SIZE_LIMIT } from "./rules.ts";
import { findObject, type Language, putObject, type TreeObject } from "./store.ts";

export interface ImportRequest {
  path: string;
  content: Buffer;
  format: "SOURCE" | "HTML" | "JUPYTER" | "DBC" | "R_MARKDOWN" | "AUTO" | "RAW";
  language?: Language | undefined;
  overwrite: boolean;
  principal: string;
}

interface Target {
  path: string;
  type: "NOTEBOOK" | "FILE";
  language?: Language | undefined;
  content: Buffer;
}

const notebook = (path: string, language: Language, source: string): Target => ({
  path,
  type: "NOTEBOOK",
  language,
  content: Buffer.from(withHeader(language, source), "utf8"),
});

function target({ path, content, format, language }: ImportRequest): Target {
  switch (format) {
    case "SOURCE": {
      if (!language)
        throw invalid("The language of the object is missing: give PYTHON, SQL, SCALA or R with format SOURCE.");
      return notebook(path, language, content.toString("utf8"));
    }
    case "JUPYTER": {
      const { language: found, source } = fromJupyter(content);
      return notebook(path, found, source);
    }
    case "AUTO": {
      if (path.toLowerCase().endsWith(".ipynb")) {
        const { language: found, source } = fromJupyter(content);
        return notebook(path.slice(0, -".ipynb".length), found, source);
      }
      if (!isNotebookSource(path, content)) return { path, type: "FILE", content };
      const found = languageOfName(path)!;
      return notebook(path.slice(0, -EXTENSION[found].length), found, content.toString("utf8"));
    }
    case "RAW":
      return { path, type: "FILE", content };
    default:
      throw notImplemented(`The local workspace does not import format ${format}; use SOURCE, JUPYTER, AUTO or RAW.`);
  }
}

export function importObject(db: Database, request: ImportRequest): TreeObject {
  if (request.content.length > SIZE_LIMIT) {
    throw new ApiError(
      "MAX_NOTEBOOK_SIZE_EXCEEDED",
      `File size imported is (${request.content.length} bytes), exceeded max size (${SIZE_LIMIT} bytes)`,
    );
  }
  const item = target({ ...request, path: checkedPath(request.path) });
  refuseRoot(item.path, "overwritten");
  return db.transaction(() => {
    requireParent(db, item.path);
    checkTarget(findObject(db, item.path), item.path, item.type, request.overwrite);
    return putObject(db, { ...item, principal: request.principal });
  });
}

/** Base64 as Databricks takes it: standard or URL-safe, padded or not. */
export function decodeContent(content: string | undefined): Buffer {
  const text = (content ?? "").replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalid("content: the value is not base64-encoded.");
  return Buffer.from(text, "base64");
}
