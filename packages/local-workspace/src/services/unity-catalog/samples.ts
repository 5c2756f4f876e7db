/**
 * The tables of the catalog `samples` that public projects read most, with made-up rows: always the same, and few. Names and
 * types of the columns are Databricks': https://docs.databricks.com/aws/en/discover/databricks-datasets
 */

interface Sample {
  columns: string;
  rows: number;
  /** A value of each column, in their order, of row `id`: 0, 1, … */
  values: readonly string[];
}

/** One of `texts`, the same for a row at every read. `seed` makes columns of a row independent. */
const oneOf = (seed: number, ...texts: readonly string[]): string =>
  `element_at(array(${texts.map((text) => `'${text}'`).join(", ")}), 1 + pmod(hash(id, ${seed}), ${texts.length}))`;
/** An integer from `from` to `to`. */
const between = (seed: number, from: number, to: number): string =>
  `CAST(${from} + pmod(hash(id, ${seed}), ${to - from + 1}) AS BIGINT)`;
const cents = (seed: number, from: number, to: number, type: string): string =>
  `CAST(${between(seed, from * 100, to * 100)} / 100 AS ${type})`;
const day = (seed: number, first: string, days: number): string =>
  `date_add(DATE'${first}', CAST(${between(seed, 0, days - 1)} AS INT))`;
const at = (seed: number, first: string, days: number): string =>
  `timestamp_seconds(unix_timestamp(TIMESTAMP'${first} 00:00:00') + ${between(seed, 0, days * 86_400 - 1)})`;
const text = (before: string, id = "id + 1"): string => `concat('${before}', ${id})`;
const keyed = (before: string): string => `concat('${before}', lpad(id + 1, 9, '0'))`;

const ZIPS = [
  "10001",
  "10003",
  "10011",
  "10016",
  "10021",
  "10036",
  "10103",
  "10110",
  "10282",
  "11101",
  "11211",
  "11371",
];
const zip = (seed: number): string => `CAST(${oneOf(seed, ...ZIPS)} AS INT)`;
const FIRST = ["Ada", "Ben", "Chloe", "Dan", "Eva", "Finn", "Grace", "Hugo", "Ines", "Jon", "Kim", "Lea"];
const LAST = ["Adams", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Hill", "Ito", "Jensen", "Khan", "Lopez"];
const COUNTRIES = [
  "Australia",
  "Brazil",
  "Canada",
  "France",
  "Germany",
  "India",
  "Japan",
  "United Kingdom",
  "United States",
];
const CITIES = ["Berlin", "London", "Melbourne", "Paris", "Rio de Janeiro", "San Francisco", "Tokyo", "Toronto"];
const PRODUCTS = [
  "Austin Almond Biscotti",
  "Golden Gate Ginger",
  "Orchard Oasis",
  "Outback Oatmeal",
  "Pearly Pies",
  "Tokyo Tidbits",
];
const CONTINENTS = ["Asia", "Europe", "North America", "Oceania", "South America"];
const SEGMENTS = ["AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"];
const PRIORITIES = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"];
const REGIONS = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];
/** As TPC-H numbers them, each with its region. */
const NATIONS =
  "ALGERIA 0,ARGENTINA 1,BRAZIL 1,CANADA 1,EGYPT 4,ETHIOPIA 0,FRANCE 3,GERMANY 3,INDIA 2,INDONESIA 2,IRAN 4,IRAQ 4,JAPAN 2," +
  "JORDAN 4,KENYA 0,MOROCCO 0,MOZAMBIQUE 0,PERU 1,CHINA 2,ROMANIA 3,SAUDI ARABIA 4,VIETNAM 2,RUSSIA 3,UNITED KINGDOM 3," +
  "UNITED STATES 1";
const nation = (part: string): string =>
  `regexp_extract(element_at(split('${NATIONS}', ','), CAST(id + 1 AS INT)), '${part}')`;
const person = `concat(${oneOf(1, ...FIRST)}, ' ', ${oneOf(2, ...LAST)})`;
const comment = oneOf(90, "carefully final deposits", "furiously regular ideas", "quickly ironic packages");
const phone = `concat(${between(91, 10, 34)}, '-', ${between(92, 100, 999)}, '-', ${between(93, 1000, 9999)})`;

/** Key, name, address, nation, phone and balance of a customer or supplier. */
const party = (kind: string): string[] => [
  "id + 1",
  keyed(`${kind}#`),
  text("Address "),
  between(1, 0, 24),
  phone,
  cents(2, -999, 9999, "DECIMAL(18,2)"),
];

const SAMPLES: Readonly<Record<string, Sample>> = {
  "bakehouse.media_customer_reviews": {
    columns: "review string, franchiseID bigint, review_date timestamp, new_id int",
    rows: 200,
    values: [
      oneOf(
        1,
        "The cookies were fresh and warm.",
        "Too sweet for me.",
        "Friendly staff, long queue.",
        "I will come back.",
      ),
      `3000000 + ${between(2, 0, 47)}`,
      at(3, "2024-05-01", 17),
      "CAST(id AS INT)",
    ],
  },
  "bakehouse.sales_customers": {
    columns:
      "customerID bigint, first_name string, last_name string, email_address string, phone_number string, address string, " +
      "city string, state string, country string, continent string, postal_zip_code bigint, gender string",
    rows: 300,
    values: [
      "2000000 + id",
      oneOf(1, ...FIRST),
      oneOf(2, ...LAST),
      "concat('customer', id + 1, '@example.com')",
      phone,
      `concat(${between(3, 1, 999)}, ' Main Street')`,
      oneOf(4, ...CITIES),
      oneOf(5, "CA", "NSW", "NY", "ON"),
      oneOf(6, ...COUNTRIES),
      oneOf(7, ...CONTINENTS),
      between(8, 10_000, 99_999),
      oneOf(9, "female", "male"),
    ],
  },
  "bakehouse.sales_franchises": {
    columns:
      "franchiseID bigint, name string, city string, district string, zipcode string, country string, size string, " +
      "longitude double, latitude double, supplierID bigint",
    rows: 48,
    values: [
      "3000000 + id",
      text("Bakehouse "),
      oneOf(1, ...CITIES),
      oneOf(2, "Centre", "East End", "Harbour", "Old Town"),
      `CAST(${between(3, 10_000, 99_999)} AS STRING)`,
      oneOf(4, ...COUNTRIES),
      oneOf(5, "L", "M", "S", "XL", "XXL"),
      cents(6, -180, 180, "DOUBLE"),
      cents(7, -60, 70, "DOUBLE"),
      `4000000 + ${between(8, 0, 26)}`,
    ],
  },
  "bakehouse.sales_suppliers": {
    columns:
      "supplierID bigint, name string, ingredient string, continent string, city string, district string, size string, " +
      "longitude double, latitude double, approved string",
    rows: 27,
    values: [
      "4000000 + id",
      text("Supplier "),
      oneOf(1, "almonds", "butter", "cocoa", "oats", "sugar", "vanilla"),
      oneOf(2, ...CONTINENTS),
      oneOf(3, ...CITIES),
      oneOf(4, "Centre", "East End", "Harbour", "Old Town"),
      oneOf(5, "L", "M", "S", "XL", "XXL"),
      cents(6, -180, 180, "DOUBLE"),
      cents(7, -60, 70, "DOUBLE"),
      oneOf(8, "N", "Y", "Y"),
    ],
  },
  "bakehouse.sales_transactions": {
    columns:
      "transactionID bigint, customerID bigint, franchiseID bigint, dateTime timestamp, product string, quantity bigint, " +
      "unitPrice bigint, totalPrice bigint, paymentMethod string, cardNumber bigint",
    rows: 3333,
    values: [
      "1000000 + id",
      `2000000 + ${between(1, 0, 299)}`,
      `3000000 + ${between(2, 0, 47)}`,
      at(3, "2024-05-01", 17),
      oneOf(4, ...PRODUCTS),
      between(5, 1, 40),
      "3",
      `3 * ${between(5, 1, 40)}`,
      oneOf(6, "amex", "mastercard", "visa"),
      `4000000000000000 + ${between(7, 0, 999_999_999)}`,
    ],
  },
  "nyctaxi.trips": {
    columns:
      "tpep_pickup_datetime timestamp, tpep_dropoff_datetime timestamp, trip_distance double, fare_amount double, " +
      "pickup_zip int, dropoff_zip int",
    rows: 2000,
    values: [
      at(1, "2016-01-01", 60),
      `timestamp_seconds(unix_timestamp(${at(1, "2016-01-01", 60)}) + ${between(2, 120, 3600)})`,
      cents(3, 0, 18, "DOUBLE"),
      `CAST(${between(4, 3, 60)} + 0.5 AS DOUBLE)`,
      zip(5),
      zip(6),
    ],
  },
  "tpch.customer": {
    columns:
      "c_custkey bigint, c_name string, c_address string, c_nationkey bigint, c_phone string, c_acctbal decimal(18,2), " +
      "c_mktsegment string, c_comment string",
    rows: 150,
    values: [...party("Customer"), oneOf(3, ...SEGMENTS), comment],
  },
  "tpch.lineitem": {
    columns:
      "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity decimal(18,2), " +
      "l_extendedprice decimal(18,2), l_discount decimal(18,2), l_tax decimal(18,2), l_returnflag string, " +
      "l_linestatus string, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct string, " +
      "l_shipmode string, l_comment string",
    rows: 6000,
    values: [
      "id DIV 4 + 1",
      between(1, 1, 200),
      between(2, 1, 10),
      "CAST(id % 4 + 1 AS INT)",
      `CAST(${between(3, 1, 50)} AS DECIMAL(18,2))`,
      cents(4, 900, 99_999, "DECIMAL(18,2)"),
      `CAST(${between(5, 0, 10)} / 100 AS DECIMAL(18,2))`,
      `CAST(${between(6, 0, 8)} / 100 AS DECIMAL(18,2))`,
      oneOf(7, "A", "N", "R"),
      oneOf(8, "F", "O"),
      day(9, "1992-01-02", 2520),
      day(10, "1992-01-31", 2460),
      day(11, "1992-01-04", 2550),
      oneOf(12, "COLLECT COD", "DELIVER IN PERSON", "NONE", "TAKE BACK RETURN"),
      oneOf(13, "AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"),
      comment,
    ],
  },
  "tpch.nation": {
    columns: "n_nationkey bigint, n_name string, n_regionkey bigint, n_comment string",
    rows: 25,
    values: ["id", nation("^([A-Z ]+) "), `CAST(${nation("([0-9])")} AS BIGINT)`, comment],
  },
  "tpch.orders": {
    columns:
      "o_orderkey bigint, o_custkey bigint, o_orderstatus string, o_totalprice decimal(18,2), o_orderdate date, " +
      "o_orderpriority string, o_clerk string, o_shippriority int, o_comment string",
    rows: 1500,
    values: [
      "id + 1",
      between(1, 1, 150),
      oneOf(2, "F", "O", "P"),
      cents(3, 900, 450_000, "DECIMAL(18,2)"),
      day(4, "1992-01-01", 2400),
      oneOf(5, ...PRIORITIES),
      `concat('Clerk#', lpad(${between(6, 1, 1000)}, 9, '0'))`,
      "0",
      comment,
    ],
  },
  "tpch.part": {
    columns:
      "p_partkey bigint, p_name string, p_mfgr string, p_brand string, p_type string, p_size int, p_container string, " +
      "p_retailprice decimal(18,2), p_comment string",
    rows: 200,
    values: [
      "id + 1",
      text("part "),
      `concat('Manufacturer#', ${between(1, 1, 5)})`,
      `concat('Brand#', ${between(2, 11, 55)})`,
      oneOf(3, "ECONOMY ANODIZED STEEL", "PROMO BURNISHED COPPER", "STANDARD POLISHED BRASS"),
      `CAST(${between(4, 1, 50)} AS INT)`,
      oneOf(5, "JUMBO PKG", "LG BOX", "MED BAG", "SM CASE"),
      cents(6, 900, 2000, "DECIMAL(18,2)"),
      comment,
    ],
  },
  "tpch.partsupp": {
    columns: "ps_partkey bigint, ps_suppkey bigint, ps_availqty int, ps_supplycost decimal(18,2), ps_comment string",
    rows: 800,
    values: [
      "id DIV 4 + 1",
      "(id + id DIV 4) % 10 + 1",
      `CAST(${between(1, 1, 9999)} AS INT)`,
      cents(2, 1, 1000, "DECIMAL(18,2)"),
      comment,
    ],
  },
  "tpch.region": {
    columns: "r_regionkey bigint, r_name string, r_comment string",
    rows: 5,
    values: ["id", `element_at(array(${REGIONS.map((name) => `'${name}'`).join(", ")}), CAST(id + 1 AS INT))`, comment],
  },
  "tpch.supplier": {
    columns:
      "s_suppkey bigint, s_name string, s_address string, s_nationkey bigint, s_phone string, s_acctbal decimal(18,2), " +
      "s_comment string",
    rows: 10,
    values: [...party("Supplier"), comment],
  },
  "wanderbricks.bookings": {
    columns:
      "booking_id bigint, user_id bigint, property_id bigint, check_in date, check_out date, guests_count int, " +
      "total_amount float, status string, created_at timestamp, updated_at timestamp",
    rows: 1000,
    values: [
      "id + 1",
      between(1, 1, 500),
      between(2, 1, 200),
      day(3, "2025-01-01", 300),
      `date_add(${day(3, "2025-01-01", 300)}, CAST(${between(4, 1, 14)} AS INT))`,
      `CAST(${between(5, 1, 6)} AS INT)`,
      cents(6, 50, 4000, "FLOAT"),
      oneOf(7, "cancelled", "completed", "confirmed", "pending"),
      at(8, "2024-10-01", 90),
      at(8, "2024-10-01", 90),
    ],
  },
  "wanderbricks.users": {
    columns:
      "user_id bigint, email string, name string, country string, user_type string, created_at date, is_business boolean, " +
      "company_name string",
    rows: 500,
    values: [
      "id + 1",
      "concat('user', id + 1, '@example.com')",
      person,
      oneOf(3, ...COUNTRIES),
      oneOf(4, "business", "individual"),
      day(5, "2023-01-01", 700),
      `${oneOf(4, "business", "individual")} = 'business'`,
      `IF(${oneOf(4, "business", "individual")} = 'business', ${text("Company ")}, NULL)`,
    ],
  },
};

export interface SampleTable {
  schema: string;
  name: string;
  columns: string;
}

export const sampleTables = (): SampleTable[] =>
  Object.entries(SAMPLES).map(([path, { columns }]) => {
    const [schema = "", name = ""] = path.split(".");
    return { schema, name, columns };
  });

/** What the engine reads instead of files. Columns may be null, as their record says, and a view's query agrees with it. */
export function sampleQuery(fullName: string, columns: readonly { name: string; type_text: string }[]): string {
  const { rows, values } = SAMPLES[fullName.slice(fullName.indexOf(".") + 1)]!;
  const selected = columns.map(
    ({ name, type_text }, at) => `CAST(IF(id < 0, NULL, ${values[at]}) AS ${type_text}) AS \`${name}\``,
  );
  return `SELECT ${selected.join(", ")} FROM range(0, ${rows}, 1, 1)`;
}
