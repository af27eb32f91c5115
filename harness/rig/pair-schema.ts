/** A pair of delta packages: the way up and the way back between two firmware versions. */
import { z } from 'zod';
import { text } from './values.js';

const versionName = text(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'letters, digits, underscore, dot and dash');

const step = z.strictObject({
  file: z.string().min(1).describe('The delta package; a relative path starts at this file'),
  from: versionName.describe('Version the module must run, a name of versions'),
  to: versionName.describe('Version it runs afterwards, a name of versions'),
});

export const packagePair = z
  .strictObject({
    $schema: z.string().optional().describe('JSON Schema of this file, for editors'),
    name: z.string().min(1).describe('What reports call the pair'),
    module: z.enum(['EC25', 'EC21']).describe('Module that both packages are for'),
    versions: z
      .record(versionName, text(/^[\x21-\x7e]+$/, 'a revision as ATI prints it, without blanks'))
      .describe('Short names for full revisions, for example v12: EC25EFAR06A12M4G'),
    upgrade: step.describe('From the old version to the new one'),
    downgrade: step.describe('From the new version back to the old one'),
  })
  .superRefine((pair, context) => {
    const names = Object.keys(pair.versions);
    for (const name of ['upgrade', 'downgrade'] as const) {
      for (const end of ['from', 'to'] as const) {
        if (Object.hasOwn(pair.versions, pair[name][end])) continue;
        const message = `${pair[name][end]} is not one of versions (${names.join(', ')})`;
        context.addIssue({ code: 'custom', path: [name, end], message });
      }
    }
    if (pair.upgrade.from === pair.upgrade.to) {
      context.addIssue({ code: 'custom', path: ['upgrade', 'to'], message: 'leads nowhere: the same version as from' });
    }
    if (pair.upgrade.from !== pair.downgrade.to || pair.upgrade.to !== pair.downgrade.from) {
      context.addIssue({
        code: 'custom',
        path: ['downgrade'],
        message: `must lead back from ${pair.upgrade.to} to ${pair.upgrade.from}, where upgrade comes from`,
      });
    }
    names.forEach((name, index) => {
      const twin = names.slice(0, index).find((earlier) => pair.versions[earlier] === pair.versions[name]);
      if (twin === undefined) return;
      context.addIssue({ code: 'custom', path: ['versions', name], message: `the same revision as ${twin}` });
    });
  })
  .meta({ title: 'Package pair', description: 'Two delta packages of one module: there and back' });

export type PackagePair = z.output<typeof packagePair>;
