import type { CommandModule } from 'yargs';
import { duration } from '../rig/values.js';
import { UserError } from '../base/errors.js';
import { loadRig } from '../rig/load.js';
import { powerActions, type PowerAction } from './power/actions.js';
import { switchRig } from './power/switch-rig.js';
import { asJson, asText } from './power/told.js';

interface PowerArguments {
  readonly rig: string;
  readonly actions: readonly PowerAction[];
  readonly for: string;
  readonly wait: boolean;
  readonly hold: boolean;
  readonly force: boolean;
  readonly json: boolean;
  readonly journal: string | undefined;
}

export const command: CommandModule<object, PowerArguments> = {
  command: 'power <actions..>',
  describe: 'Switch a rig’s unit: on, off, cycle, press, reset, status',
  builder: (yargs) =>
    yargs
      .usage(
        `dfota power --rig R <actions..>

Switches the unit of a rig and says what was done and what STATUS says. Several actions are done in the order given.

  on      supply (and VBUS) on, then PWRKEY unless STATUS says that the unit runs
  off     supply (and VBUS) off, and left off; without a supply wire a pulse on PWRKEY
  cycle   supply off, then as on
  press   one pulse on PWRKEY, which toggles: a unit that runs powers down in order
  reset   one pulse on RESET_N, the last resort
  status  the level of STATUS

off, cycle and reset are as hard as a power cut, and a cut in mid-upgrade has cost real units their RF calibration. A rig without safety.powerCuts is therefore not switched so, unless --force says that no upgrade is under way.`,
      )
      .positional('actions', { choices: powerActions, demandOption: true, array: true, describe: 'What to do' })
      .option('rig', { type: 'string', demandOption: true, describe: 'Rig definition (YAML)' })
      .option('for', { type: 'string', default: '3s', describe: 'cycle: how long the supply stays off (times timing.scale)' })
      .option('wait', { type: 'boolean', default: true, describe: 'Wait until STATUS follows; --no-wait tells it as it is' })
      .option('hold', { type: 'boolean', default: false, describe: 'off: stay, with the supply off, until Ctrl-C or SIGTERM' })
      .option('force', { type: 'boolean', default: false, describe: 'off, cycle, reset also without safety.powerCuts' })
      .option('json', { type: 'boolean', default: false, describe: 'Print what was done as JSON' })
      .option('journal', { type: 'string', describe: 'File to which everything that was done and seen is appended' })
      .example('dfota power --rig rigs/my-rig.yaml on', 'switch on, wait for STATUS')
      .example('dfota power --rig rigs/my-rig.yaml cycle --for 10s', 'ten seconds without supply')
      .example('dfota power --rig rigs/my-rig.yaml status --json', '{ …, "status": "high" }')
      .example('dfota power --rig rigs/simulated-ec25.yaml on press status', 'a simulated unit lives as long as the command')
      .epilogue(
        'Exit codes: 0 done, and STATUS followed; 2 wrong use, no such wire, rig in use or not allowed; 3 the rig is at fault: ' +
          'a wire could not be moved, or STATUS did not follow; 130 interrupted.',
      ),
  handler: async (given) => {
    const { definition: rig } = loadRig(given.rig);
    const off = duration.safeParse(given.for);
    if (!off.success) throw new UserError('--for needs a duration such as 500ms, 3s or 2m', { seen: given.for });
    const told = await switchRig(rig, {
      actions: given.actions,
      offFor: off.data * rig.timing.scale,
      wait: given.wait,
      hold: given.hold,
      force: given.force,
      journal: given.journal,
      onHold: () => {
        process.stderr.write('The supply stays off until this command ends (Ctrl-C, SIGTERM).\n');
      },
    });
    if (given.json) process.stdout.write(asJson(told));
    else {
      const { out, errors } = asText(told);
      process.stdout.write(out);
      process.stderr.write(errors);
    }
    process.exitCode = told.exit;
  },
};
