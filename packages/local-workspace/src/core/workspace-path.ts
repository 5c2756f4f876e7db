/** Paths of the workspace's tree. */

/** `/Workspace/Users/x/` and `/Users/x` name the same object. */
export function canonical(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  if (!path.startsWith("/")) return parts.join("/");
  if (parts[0] === "Workspace") parts.shift();
  return `/${parts.join("/")}`;
}
