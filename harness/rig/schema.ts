/**
 * Rig definitions and package pairs as they stand in YAML. The zod objects are strict: an unknown key is an error.
 * `load.ts` turns what they find into messages with file, line and key path; `dfota schema` prints them as JSON Schema.
 * docs/rigs.md explains each key.
 */
import { z } from 'zod';
import { deliveryDefinition } from './delivery-schema.js';
import { powerDefinition } from './power-schema.js';
import { argv, duration, text } from './values.js';

export { packagePair, type PackagePair } from './pair-schema.js';
export { portRange, type OwnServer } from './delivery-schema.js';
export type { CommandPowerDefinition, PowerDefinition } from './power-schema.js';

const usbAddress = z.strictObject({
  path: text(/^\d+-\d+(\.\d+)*$/, 'a USB path such as 1-1.4 (bus, then ports)').describe(
    'Bus and port chain, as in /sys/bus/usb/devices',
  ),
  interface: z.int().min(0).max(31).describe('bInterfaceNumber: on EC25 and EC21 2 is AT, 3 is modem'),
});

const lineDefinition = z
  .strictObject({
    usb: usbAddress.optional().describe('A port of the module on USB, by place and interface'),
    device: text(/^\/[^\0]+$/, 'an absolute path, for example /dev/serial/by-path/…')
      .optional()
      .describe('A stable path, for example /dev/serial/by-path/…; may be a symbolic link that comes and goes'),
    baudRate: z.int().min(1200).max(4_000_000).default(115_200).describe('Of no effect on a USB port'),
  })
  .refine((line) => (line.usb === undefined) !== (line.device === undefined), 'needs either usb or device, not both');

const rigKeys = z.strictObject({
  $schema: z.string().optional().describe('JSON Schema of this file, for editors'),
  name: text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore, at most 64').describe(
    'What reports, the lease and the ledger call the rig; unique',
  ),
  module: z.enum(['EC25', 'EC21']).describe('Kind of module on the rig'),
  unit: z
    .strictObject({ imei: text(/^\d{15}$/, '15 digits, in quotes').describe('Checked before anything is done to the unit') })
    .describe('The one module that belongs here'),
  lines: z
    .strictObject({
      at: lineDefinition.optional().describe('AT port, usually on USB'),
      uart: lineDefinition.optional().describe('Main UART; it sees the reports that USB misses while it starts'),
    })
    .refine((lines) => lines.at !== undefined || lines.uart !== undefined, 'needs at least one of at, uart')
    .optional()
    .describe('Serial lines, at least one of at, uart. A simulated rig brings its own'),
  power: powerDefinition,
  sim: z
    .strictObject({
      pinEnv: text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable').describe(
        'Environment variable that holds the SIM PIN',
      ),
    })
    .optional()
    .describe('Needed when the SIM asks for a PIN'),
  network: z.strictObject({
    apn: text(/^[\x21\x23-\x7e]{0,62}$/, 'an access point name without blanks and quotes').describe('Access point name'),
    registration: z.boolean().default(true).describe('The unit is expected to register; false for a rig without a network'),
  }),
  delivery: deliveryDefinition,
  firmware: z
    .strictObject({
      retries: z.int().min(0).max(50).default(5).describe('Attempts at an upgrade that cannot be applied (guide 3: five)'),
      reading: z
        .enum(['in-all', 'plus-first', 'either'])
        .default('either')
        .describe('retries counts all attempts, or those after the first, or either is accepted'),
      afterRetries: z
        .enum(['rolled-back', 'retries-for-ever'])
        .default('rolled-back')
        .describe('What the firmware does then: parts without a backup area retry for ever'),
    })
    .prefault({}),
  safety: z
    .strictObject({ powerCuts: z.boolean().default(false).describe('Power may be cut in mid-upgrade') })
    .prefault({})
    .describe('Cuts have cost real units their RF calibration: none is made on a rig that does not say so'),
  timing: z
    .strictObject({
      scale: z.number().positive().max(100).default(1).describe('Every time, limit and pulse is multiplied by it'),
    })
    .prefault({})
    .describe('1 on real modules'),
  limits: z
    .strictObject({
      boot: duration.default(60_000).describe('From power or reboot to normal mode'),
      download: duration.default(300_000).describe('From the start of the download to its end'),
      upgrade: duration.default(1_200_000).describe('From the command to normal mode'),
      diagnosticsAlone: duration
        .optional()
        .describe('How long the diagnostics port alone may be all of the module before that is a dump; without it, upgrade'),
      decay: duration.default(1_000).describe('From the supply being off to the last sign of life; cuts are that inexact'),
    })
    .refine(({ boot, diagnosticsAlone = boot }) => diagnosticsAlone >= boot, {
      path: ['diagnosticsAlone'],
      message: 'must be at least limits.boot: a start may look like that',
    })
    .prefault({})
    .describe('Longest times, before timing.scale'),
  restore: z
    .strictObject({
      command: argv,
      timeout: duration.default(1_800_000).describe('Not scaled: the program runs on this host'),
    })
    .optional()
    .describe('Last rung of the restore ladder: a full flash to the baseline'),
});

export const rigDefinition = rigKeys
  .superRefine((rig, context) => {
    const problem = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const { gpio, command, simulated } = rig.power;
    if (simulated === undefined && rig.lines === undefined) {
      problem(['lines'], 'is missing: a rig that is not simulated needs at least one of lines.at, lines.uart');
    }
    if (simulated !== undefined && rig.lines !== undefined) {
      problem(['lines'], 'a simulated rig brings its own lines: leave this key out');
    }
    const supply = simulated !== undefined || gpio?.supply !== undefined || command?.supplyOff !== undefined;
    if (rig.safety.powerCuts && !supply) {
      const wire = gpio === undefined ? 'power.command.supplyOn and supplyOff' : 'power.gpio.supply';
      problem(['safety', 'powerCuts'], `power cannot be cut without a supply wire: needs ${wire}, or say false`);
    }
  })
  .meta({ title: 'Rig', description: 'One EC25 or EC21 with its lines, its power wires and the ways packages reach it' });

/** A rig as the harness uses it: defaults filled in, durations in milliseconds (not yet scaled). */
export type RigDefinition = z.output<typeof rigDefinition>;
export type LineDefinition = NonNullable<NonNullable<RigDefinition['lines']>['at']>;
