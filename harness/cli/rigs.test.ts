import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command as rigs } from './rigs.js';
import { command as schema } from './schema.js';
import { commandBench } from './testing/command-bench.js';

const bench = commandBench([rigs, schema]);

const dfota = (...words: string[]): Promise<string> => bench.run(words);

const shipped = join(__dirname, '..', '..', 'rigs');

test('the shipped rigs, a row each', async () => {
  await dfota('rigs', 'list', shipped);
  expect(bench.output.split('\n').map((row) => row.replace(`${shipped}/`, '').split(/ {2,}/))).toEqual([
    ['FILE', 'NAME', 'MODULE', 'POWER', 'SOURCES', 'CUTS', 'PROBLEMS'],
    ['example-command.yaml', 'ec21-hub', 'EC21', 'command', 'http,ufs', 'no', 'none'],
    ['example-ec25.yaml', 'ec25-a', 'EC25', 'gpio', 'ftp,http,ufs', 'no', 'none'],
    ['simulated-ec21.yaml', 'simulated-ec21', 'EC21', 'simulated', 'ftp,http,ufs,sd', 'yes', 'none'],
    ['simulated-ec25.yaml', 'simulated-ec25', 'EC25', 'simulated', 'ftp,http,ufs,sd', 'yes', 'none'],
    ['virtual-bench-ec21.yaml', 'virtual-bench-ec21', 'EC21', 'gpio', 'ftp,http,ufs,sd', 'yes', 'none'],
    ['virtual-bench-ec25-a.yaml', 'virtual-bench-ec25-a', 'EC25', 'gpio', 'ftp,http,ufs,sd', 'yes', 'none'],
    ['virtual-bench-ec25-b.yaml', 'virtual-bench-ec25-b', 'EC25', 'gpio', 'http,ufs', 'yes', 'none'],
    [''],
  ]);
  expect(process.exitCode).toBeUndefined();
});

test('a definition with mistakes has its row, its problems below, and exit 2', async () => {
  writeFileSync(
    join(bench.folder, 'bad.yml'),
    readFileSync(join(shipped, 'simulated-ec25.yaml'), 'utf8').replace('ufs: true', 'usf: true'),
  );
  await dfota('rigs', 'list', bench.folder);
  expect(bench.output).toMatch(
    /bad\.yml {2}- +- +- +- +- +1\n\n.*bad\.yml:\d+:3: delivery\.usf: unknown key; did you mean ufs\?/,
  );
  expect(process.exitCode).toBe(2);
});

test('a folder without rigs, or no folder, is told as such', async () => {
  await expect(dfota('rigs', 'list', bench.folder)).rejects.toThrow('no rig definitions');
  await expect(dfota('rigs', 'list', join(bench.folder, 'none'))).rejects.toThrow('cannot list');
});

test('schemas are printed as one JSON text, or written a file each', async () => {
  await dfota('schema');
  expect(Object.keys(JSON.parse(bench.output) as object)).toEqual(['rig', 'packages', 'criteria']);
  expect(await dfota('schema', 'rig')).toBe(readFileSync(join(shipped, 'schema', 'rig.schema.json'), 'utf8'));
  await dfota('schema', 'packages', '--out', join(bench.folder, 'new'));
  expect(readFileSync(join(bench.folder, 'new', 'packages.schema.json'), 'utf8')).toContain('"title": "Package pair"');
});
