// table.mjs DIR: prints the stages that a run of the virtual bench has left in DIR; ends with 1 unless all passed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oneCase } from './junit.mjs';

const folder = process.argv[2];
const path = join(folder, 'stages.json');
if (!existsSync(path)) {
  console.error('virtual bench: the guest did not come as far as its first stage');
  process.exit(1);
}
const stages = JSON.parse(readFileSync(path, 'utf8'));
const width = Math.max(...stages.map(({ name }) => name.length));
console.log(`\n${'STAGE'.padEnd(width)}  RESULT       TIME  WHAT`);
for (const stage of stages) {
  const { name, what, result, seconds, problems } = stage;
  console.log(`${name.padEnd(width)}  ${result.padEnd(11)} ${`${seconds} s`.padStart(5)}  ${what}`);
  for (const problem of problems) console.log(`${' '.repeat(width)}  ${problem.split('\n')[0]}`);
  const own = join(folder, 'junit', `${name}.xml`);
  if (!existsSync(own)) writeFileSync(own, oneCase(stage));
}
const passed = stages.filter(({ result }) => result === 'passed').length;
console.log(`\n${passed} of ${stages.length} stages passed; logs, runs and JUnit files in ${folder}`);
process.exit(passed === stages.length ? 0 : 1);
