/** A pipeline's datasets as a graph. */
import { svg } from "./dom.ts";
import { type GraphNode, HEIGHT, layoutOf, WIDTH } from "./layout.ts";

export function drawGraph(nodes: readonly GraphNode[]): SVGElement {
  const { width, height, place, lines } = layoutOf(nodes);
  const short = (text: string): string => (text.length > 29 ? `${text.slice(0, 28)}…` : text);
  const boxes = nodes.map((node) => {
    const { x, y } = place.get(node.id) ?? { x: 0, y: 0 };
    return svg(
      "g",
      { transform: `translate(${x} ${y})` },
      svg("title", {}, `${node.label}: ${node.detail}`),
      svg("rect", { width: WIDTH, height: HEIGHT, rx: 6, class: node.mood }),
      svg("text", { x: 10, y: 17 }, short(node.label)),
      svg("text", { x: 10, y: 33, class: "sub" }, short(node.detail)),
    );
  });
  return svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" },
    ...lines.map((d) => svg("path", { d })),
    ...boxes,
  );
}
