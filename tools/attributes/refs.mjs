// Prints what Ref gives where that is an ordinary property: {version, refs: {type: property}}, by the CDK's service spec.
// Run by make_table.py in a folder that has @aws-cdk/aws-service-spec installed.
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const db = require("@aws-cdk/aws-service-spec").loadAwsServiceSpecSync();

const refs = {};
for (const resource of db.all("resource")) {
  const [name, ...more] = resource.cfnRefIdentifier ?? resource.primaryIdentifier ?? [];
  if (name && !more.length && resource.properties[name]) refs[resource.cloudFormationType] = name;
}
const { version } = require("@aws-cdk/aws-service-spec/package.json");
process.stdout.write(JSON.stringify({ version, refs }));
