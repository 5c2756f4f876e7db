/** OpenSession: protocol, names and settings that a client begins with. */
import { own } from "../../core/own.ts";
import type { Context, Principal } from "../../core/service.ts";
import { sqlOf } from "../sql/access.ts";
import { sessionHandleOf } from "./answers.ts";
import { notSupported, SUCCESS, ThriftError } from "./errors.ts";
import { infoValue } from "./info.ts";
import type { ThriftSessions } from "./operations.ts";
import type { openSessionReq, openSessionResp } from "./wire/structs.ts";
import type { Infer } from "./wire/types.ts";

/** SPARK_CLI_SERVICE_PROTOCOL_V9, the latest known; HIVE_CLI_SERVICE_PROTOCOL_V6 is the first whose rows are columns. */
const LATEST = 0xa509;
const OLDEST = 5;
const LATEST_OF_HIVE = 9;

const TIMESTAMP_AS_STRING = "spark.thriftserver.arrowBasedRowSet.timestampAsString";

/**
 * Settings of the protocol that drivers send by themselves, and the values that say what is done here anyway: results are
 * never links, and metadata is that of Unity Catalog.
 */
const OF_DRIVERS: Readonly<Record<string, readonly string[]>> = {
  "spark.thriftserver.cloudStoreBasedRowSet.enabled": ["true", "false"],
  "spark.sql.thriftserver.metadata.metricview.enabled": ["true", "false"],
};

export interface Overlay {
  timestampsAsText: boolean;
  /** What is left for the engine. */
  configuration: Record<string, string>;
}

/** Takes the settings of the protocol out of a configuration; those it cannot follow are refused. */
export function overlayOf(given: ReadonlyMap<string, string> | undefined, before = false): Overlay {
  const found: Overlay = { timestampsAsText: before, configuration: {} };
  for (const [key, value] of given ?? []) {
    const name = key.replace(/^set:(hiveconf:|hivevar:)?/, "");
    const allowed = name === TIMESTAMP_AS_STRING ? ["true", "false"] : own(OF_DRIVERS, name);
    if (allowed && !allowed.includes(value.toLowerCase())) {
      throw new ThriftError(`The value '${value}' of ${name} is invalid: use ${allowed.join(" or ")}.`, "22023");
    }
    if (name === TIMESTAMP_AS_STRING) found.timestampsAsText = value.toLowerCase() === "true";
    else if (!allowed) found.configuration[name] = value;
  }
  return found;
}

function protocolOf(req: Infer<typeof openSessionReq>): number {
  const asked = req.client_protocol_i64 ?? req.client_protocol ?? LATEST_OF_HIVE;
  if (asked < OLDEST) {
    throw notSupported(
      `Protocol version ${asked} is too old: rows come in columns, as of HIVE_CLI_SERVICE_PROTOCOL_V6.`,
    );
  }
  return asked > LATEST_OF_HIVE && asked < 0xa501 ? LATEST_OF_HIVE : Math.min(asked, LATEST);
}

export async function openSession(
  context: Context,
  sessions: ThriftSessions,
  principal: Principal,
  warehouseId: string,
  req: Infer<typeof openSessionReq>,
): Promise<Infer<typeof openSessionResp>> {
  const protocol = protocolOf(req);
  const given = new Map([...(req.configuration ?? []), ...(req.connectionProperties ?? [])]);
  const { timestampsAsText, configuration } = overlayOf(given);
  // Hive's JDBC driver names them so
  const { "use:catalog": useCatalog, "use:database": useSchema, ...settings } = configuration;
  const { catalogName, schemaName } = req.initialNamespace ?? {};
  const sql = await sqlOf(context).sessions.open(principal.name, warehouseId, {
    catalog: catalogName || useCatalog || undefined,
    schema: schemaName || useSchema || undefined,
    configuration: settings,
  });
  const session = sessions.add(sql, protocol, timestampsAsText);
  return {
    status: SUCCESS,
    serverProtocolVersion: protocol,
    sessionHandle: sessionHandleOf(session),
    configuration: new Map(),
    initialNamespace: { catalogName: sql.catalog, schemaName: sql.schema },
    canUseMultipleCatalogs: req.canUseMultipleCatalogs ?? false,
    ...(req.getInfos ? { getInfos: req.getInfos.map((type) => infoValue(type, principal.name)) } : {}),
  };
}
