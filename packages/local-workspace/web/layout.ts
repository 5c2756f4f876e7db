/** Where the datasets of a pipeline stand in a graph from left to right: each right of all that it reads. */

export interface GraphNode {
  id: string;
  label: string;
  detail: string;
  mood: string;
  inputs: string[];
}

export const WIDTH = 210;
export const HEIGHT = 42;
const GAP_X = 60;
const GAP_Y = 14;

/** Length of the longest path to each node; a node of a cycle, which no pipeline has, would stay at 0. */
export function layers(nodes: readonly GraphNode[]): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const depth = new Map<string, number>();
  const visit = (id: string, path: ReadonlySet<string>): number => {
    const known = depth.get(id);
    if (known !== undefined) return known;
    if (path.has(id)) return 0;
    const inputs = (byId.get(id)?.inputs ?? []).filter((input) => byId.has(input));
    const at = inputs.length === 0 ? 0 : 1 + Math.max(...inputs.map((input) => visit(input, new Set([...path, id]))));
    depth.set(id, at);
    return at;
  };
  for (const { id } of nodes) visit(id, new Set());
  return depth;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Upper left corner of each node. */
  readonly place: ReadonlyMap<string, { x: number; y: number }>;
  /** SVG paths from what is read to who reads it. */
  readonly lines: readonly string[];
}

export function layoutOf(nodes: readonly GraphNode[]): Layout {
  const depth = layers(nodes);
  const columns: GraphNode[][] = [];
  for (const node of [...nodes].sort((a, b) => (a.label < b.label ? -1 : 1))) {
    const column = depth.get(node.id) ?? 0;
    columns[column] ??= [];
    columns[column].push(node);
  }
  const place = new Map<string, { x: number; y: number }>();
  columns.forEach((column, x) => {
    // Near the middle of what it reads, so that lines cross less.
    const wanted = (node: GraphNode): number => {
      const ys = node.inputs.flatMap((input) => place.get(input)?.y ?? []);
      return ys.length === 0 ? 0 : ys.reduce((sum, y) => sum + y, 0) / ys.length;
    };
    if (x > 0) column.sort((a, b) => wanted(a) - wanted(b));
    column.forEach((node, y) => void place.set(node.id, { x: x * (WIDTH + GAP_X) + 8, y: y * (HEIGHT + GAP_Y) + 8 }));
  });
  const width = columns.length * (WIDTH + GAP_X);
  const height = Math.max(...columns.map((column) => column.length), 1) * (HEIGHT + GAP_Y) + 16;
  const lines = nodes.flatMap((node) =>
    node.inputs.flatMap((input) => {
      const from = place.get(input);
      const to = place.get(node.id);
      if (!from || !to) return [];
      const x1 = from.x + WIDTH;
      const y1 = from.y + HEIGHT / 2;
      const y2 = to.y + HEIGHT / 2;
      const bend = (to.x - x1) / 2;
      return [`M ${x1} ${y1} C ${x1 + bend} ${y1}, ${to.x - bend} ${y2}, ${to.x} ${y2}`];
    }),
  );
  return { width, height, place, lines };
}
