// Writes the JSON Schema of Grafana's dashboards, and of the panels that ours are made of, from Grafana's own types.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const RAW = 'node_modules/@grafana/schema/dist/types/raw';
const PANELS = {
  timeseries: 'timeseries',
  stat: 'stat',
  table: 'table',
  bargauge: 'bargauge',
  heatmap: 'heatmap',
  'state-timeline': 'statetimeline',
  'status-history': 'statushistory',
  text: 'text',
  logs: 'logs',
};
const OUT = fileURLToPath(new URL('../grafana.schema.json', import.meta.url));

function schemaOf(path, type) {
  const schema = createGenerator({
    path,
    type,
    tsconfig: 'schema.tsconfig.json',
    expose: 'export',
    topRef: true,
    skipTypeCheck: true,
    jsDoc: 'none',
    additionalProperties: false,
  }).createSchema(type);
  return { $ref: schema.$ref, definitions: schema.definitions };
}

/** Grafana fills in what the options of a panel leave out, on every level. */
function optional(schema) {
  for (const value of Object.values(schema).filter((part) => typeof part === 'object' && part !== null)) {
    optional(value);
  }
  if (Array.isArray(schema.required)) {
    delete schema.required;
  }
  return schema;
}

function exportsOf(path, name) {
  return new RegExp(`export (interface|type) ${name}\\b`).test(readFileSync(path, 'utf8'));
}

const { version, license } = JSON.parse(readFileSync('node_modules/@grafana/schema/package.json', 'utf8'));
const panels = {};
for (const [id, folder] of Object.entries(PANELS)) {
  const path = `${RAW}/composable/${folder}/panelcfg/x/types.gen.d.ts`;
  panels[id] = { options: optional(schemaOf(path, 'Options')) };
  if (exportsOf(path, 'FieldConfig')) {
    panels[id].custom = optional(schemaOf(path, 'FieldConfig'));
  }
}
const dashboard = schemaOf(`${RAW}/dashboard/x/types.gen.d.ts`, 'Dashboard');
// What Grafana itself writes although its types do not say so: the fields of an annotation's data source, such as
// the `expr` of Prometheus; the text of a variable's query; a variable without a choice in an exported dashboard;
// and "Connect null values" of a state timeline.
dashboard.definitions.AnnotationQuery.additionalProperties = true;
dashboard.definitions.VariableModel.properties.definition = { type: 'string' };
delete dashboard.definitions.VariableOption.required;
panels['state-timeline'].custom.definitions.FieldConfig.properties.spanNulls = { type: ['boolean', 'number'] };
// Hides a column up to Grafana 12; later versions have `hideFrom` instead, and leave this one alone.
panels.table.custom.definitions.FieldConfig.properties.hidden = { type: 'boolean' };
const document = {
  $comment: `Made by tests/dashboards/drawing/schema.mjs from @grafana/schema ${version} (${license}, Grafana Labs).`,
  dashboard,
  panels,
};
writeFileSync(OUT, `${JSON.stringify(document, null, 1)}\n`);
