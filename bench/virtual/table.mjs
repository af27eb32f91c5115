// table.mjs DIR: prints the stages that a run of the virtual bench has left in DIR; ends with 1 unless all passed. A stage that was not
// reached, or that proves nothing because the guest stood still, is told as that.
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
  const { name, what, result, seconds, standstill, problems } = stage;
  console.log(`${name.padEnd(width)}  ${result.padEnd(11)} ${`${seconds} s`.padStart(5)}  ${what}`);
  for (const problem of problems) console.log(`${' '.repeat(width)}  ${problem.split('\n')[0]}`);
  if (result === 'stood still') console.log(`${' '.repeat(width)}  proves nothing: the guest stood still for ${standstill} ms`);
  const own = join(folder, 'junit', `${name.replace(':', '-')}.xml`);
  if (!existsSync(own)) writeFileSync(own, oneCase(stage));
}
const count = (wanted) => stages.filter(({ result }) => result === wanted).length;
const [passed, unreached, still] = ['passed', 'not reached', 'stood still'].map(count);
const rest = [
  unreached > 0 ? `, ${unreached} not reached (that is no pass)` : '',
  still > 0 ? `, ${still} prove nothing, since the guest stood still` : '',
].join('');
console.log(`\n${passed} of ${stages.length} stages passed${rest}; logs, runs and JUnit files in ${folder}`);
process.exit(passed === stages.length ? 0 : 1);
