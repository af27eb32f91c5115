// Checks what a run left: the JUnit file against Jenkins' schema where that is at hand, tests in it, files that the manifest names.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateXML } from 'xmllint-wasm';

const folder = process.argv[2];
const problems = [];
for (const name of ['run.json', 'journal.jsonl', 'junit.xml', 'summary.txt', 'manifest.json', 'lines']) {
  if (!existsSync(join(folder, name))) problems.push(`${name} is missing`);
}
const junit = readFileSync(join(folder, 'junit.xml'), 'utf8');
const count = (pattern) => (junit.match(pattern) ?? []).length;
const cases = count(/<testcase /g);
const skipped = count(/<skipped /g);
const bad = count(/<failure/g) + count(/<error/g);
if (cases - skipped - bad < 1) problems.push('no test passed');

const schema = '../shared/junit-10.xsd';
if (existsSync(schema)) {
  const { valid, errors } = await validateXML({
    xml: [{ fileName: 'junit.xml', contents: junit }],
    schema: [readFileSync(schema, 'utf8')],
  });
  if (!valid) problems.push(...errors.map(({ message }) => `junit.xml: ${message}`));
} else {
  console.log('junit-10.xsd is not at hand: schema not checked');
}

const { files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
for (const { name, sha256 } of files) {
  if (
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex') !== sha256
  )
    problems.push(`${name} is not what the manifest says`);
}
for (const problem of problems) console.error(`${folder}: ${problem}`);
console.log(`${cases - skipped - bad} passed, ${bad} failed, ${skipped} skipped`);
process.exit(problems.length + bad > 0 ? 1 : 0);
