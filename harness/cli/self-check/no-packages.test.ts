/** A self-check whose every run would end in the same error is refused, and told as no missed defect. Needs the build (`npm test` makes it). */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../jest/paths.js';

test('without the simulated pairs it ends with 2, names the file, and runs nothing', () => {
  const root = mkdtempSync(join(tmpdir(), 'dfota-np-'));
  try {
    for (const name of ['bin', 'dist', 'rigs']) cpSync(join(projectRoot(), name), join(root, name), { recursive: true });
    symlinkSync(join(projectRoot(), 'node_modules'), join(root, 'node_modules'));
    writeFileSync(join(root, 'package.json'), '{ "name": "dfota-harness", "version": "0.0.0" }');
    mkdirSync(join(root, 'reports'));
    const out = join(root, 'out');
    const words = [join(root, 'bin', 'dfota.js'), 'self-check', '--defect', 'cfun-5', '--jobs', '1', '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/there is no file .*packages\/simulated\/ec25/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(out)).toBe(false);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
