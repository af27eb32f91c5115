// Runs every `sh` step of the Jenkinsfile as it stands there, with the defaults of its parameters, on simulated rigs: first a branch for each
// rig, then the report. Only the sizes differ: SUITES and what a night would take are set by the environment of this script. Before that, once more
// with CRITERIA, on the first rig alone.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

const text = readFileSync('Jenkinsfile', 'utf8');
const defaults = Object.fromEntries(
  [...text.matchAll(/string\(\s*name: '(\w+)',\s*defaultValue: '([^']*)'/g)].map(([, name, value]) => [
    name,
    process.env[name] ?? value,
  ]),
);
const stepsOf = (part) =>
  [...part.matchAll(/\bsh\s*\(?\s*(?:returnStatus: true,\s*script:\s*)?(?:'''([^]*?)'''|'((?:[^'\\]|\\.)*)')/g)].map(
    ([, long, short]) => ({
      // Groovy's own escapes: a backslash at the end of a line joins lines, in '''…''' as in the shell.
      script: long === undefined ? short.replace(/\\(.)/g, '$1') : long,
    }),
  );
const rigPart = text.slice(text.indexOf('void runRig('));
const reportPart = text.slice(text.indexOf("stage('Report')"), text.indexOf('List nodesOf('));
const known = (text.match(/\bsh\b\s*[('"]/g) ?? []).length;

const rigs = defaults.RIGS.split(/\s+/).map((word) => word.split('@')[0]);
let failed = 0;
let ran = 0;
function run(script, extra, allowed) {
  ran += 1;
  console.log(
    `--- ${script.trim().split('\n')[0]}${Object.keys(extra).length > 0 ? ` (${Object.values(extra).join(', ')})` : ''}`,
  );
  const { status } = spawnSync('sh', ['-xe', '-c', script], { stdio: 'inherit', env: { ...process.env, ...defaults, ...extra } });
  if (allowed.includes(status)) return;
  console.error(`Jenkinsfile: a step ended with ${status}`);
  failed += 1;
}
const skipInstall = (script) => process.env.SKIP_INSTALL === '1' && script.startsWith('npm ci');

/** All steps, of a branch for each rig and of the report. */
function build(files, extra) {
  for (const [index, file] of files.entries()) {
    const name = file
      .split('/')
      .at(-1)
      .replace(/\.yaml$/, '');
    const part = `${index + 1}/${files.length}`;
    for (const { script } of stepsOf(rigPart))
      if (!skipInstall(script)) run(script, { RIG: file, NAME: name, PART: part, ...extra }, [0]);
  }
  // What cleans up would take the branches' folders away, which come by stash on a real controller.
  for (const { script } of stepsOf(reportPart))
    if (!skipInstall(script) && !script.startsWith('rm -rf reports/nightly')) run(script, extra, [0]);
}
const clean = () => ['reports/rigs', 'reports/nightly'].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
clean();
build(rigs.slice(0, 1), { CRITERIA: '.ci/criteria.yaml' });
clean();
build(rigs, {});

const found = stepsOf(rigPart).length + stepsOf(reportPart).length;
if (found !== known) {
  console.error(`Jenkinsfile: ${known} sh steps, but ${found} were understood`);
  failed += 1;
}
console.log(`Jenkinsfile: ${ran} steps run, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
