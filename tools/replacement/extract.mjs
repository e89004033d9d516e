// Prints what the CDK's service spec says about replacement: {version, types: {type: {yes: [path], maybe: [path]}}}.
// Run by make_table.py in a folder that has @aws-cdk/aws-service-spec installed.
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const db = require("@aws-cdk/aws-service-spec").loadAwsServiceSpecSync();

// A path leaves list levels out. Keys of maps are the user's own, so nothing below a map can be named.
function walk(properties, prefix, seen, found) {
  for (const [name, property] of Object.entries(properties)) {
    const path = [...prefix, name];
    if (property.causesReplacement === "yes" || property.causesReplacement === "maybe") {
      found[property.causesReplacement].push(path.join("."));
    }
    if (property.causesReplacement !== "yes") below(property.type, path, seen, found);
  }
}

function below(type, path, seen, found) {
  if (type.type === "array") below(type.element, path, seen, found);
  else if (type.type === "union") type.types.forEach((one) => below(one, path, seen, found));
  else if (type.type === "ref") {
    const id = type.reference.$ref;
    if (!seen.includes(id)) walk(db.get("typeDefinition", id).properties, path, [...seen, id], found);
  }
}

const types = {};
for (const resource of db.all("resource")) {
  const found = { yes: [], maybe: [] };
  walk(resource.properties, [], [], found);
  for (const path of resource.additionalReplacementProperties ?? []) {
    found.yes.push(path.filter((part) => part !== "*").join("."));
  }
  types[resource.cloudFormationType] = {
    yes: [...new Set(found.yes)].sort(), maybe: [...new Set(found.maybe)].sort(),
  };
}
const { version } = require("@aws-cdk/aws-service-spec/package.json");
process.stdout.write(JSON.stringify({ version, types }));
