/** For lean.spec.ts: a function that captures one of Node's own, which Pulumi cannot serialize. */
const { log } = Math;
const native = Array.prototype.map.bind([]);
exports.notSerializable = () => native(log);
