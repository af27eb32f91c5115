/**
 * Rig definitions and package pairs as they stand in YAML. The zod objects are strict: an unknown key is an error.
 * `load.ts` turns what they find into messages with file, line and key path; `dfota schema` prints them as JSON Schema.
 */
import { z } from 'zod';

/** `500ms`, `60s`, `5m`, `2h`, or a bare number of seconds; read into milliseconds. */
export const duration = z
  .union([z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 500ms, 60s, 5m or 2h'), z.number().positive()])
  .transform((value) => {
    if (typeof value === 'number') return value * 1000;
    const amount = Number.parseFloat(value);
    const unit = value.replace(/^[\d.]+/, '') as 'ms' | 's' | 'm' | 'h';
    return amount * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit];
  });

const argv = z.array(z.string()).min(1).describe('A command and its arguments; no shell is involved');

const usbAddress = z.strictObject({
  path: z
    .string()
    .regex(/^\d+-\d+(\.\d+)*$/, 'a USB path such as 1-1.4 (bus, then ports)')
    .describe('Bus and port chain, as in /sys/bus/usb/devices'),
  interface: z.int().min(0).max(31).describe('bInterfaceNumber: on EC25 and EC21 2 is AT, 3 is modem'),
});

const lineDefinition = z
  .strictObject({
    usb: usbAddress.optional(),
    device: z.string().startsWith('/').optional().describe('A stable path, for example /dev/serial/by-path/…'),
    baudRate: z.int().min(1200).max(4_000_000).default(115_200),
  })
  .refine((line) => (line.usb === undefined) !== (line.device === undefined), 'needs either usb or device, not both');

const gpioLine = z.union([
  z.int().min(0),
  z.string(),
  z.strictObject({
    chip: z.string().optional(),
    line: z.union([z.int().min(0), z.string()]),
    activeLow: z.boolean().default(false),
    openDrain: z.boolean().default(false),
    bias: z.enum(['pull-up', 'pull-down', 'disabled']).optional(),
  }),
]);

const gpioPower = z.strictObject({
  chip: z.string(),
  supply: gpioLine.optional(),
  vbus: gpioLine.optional(),
  powerKey: gpioLine.optional(),
  reset: gpioLine.optional(),
  status: gpioLine.optional(),
});

const commandPower = z.strictObject({
  supplyOn: argv.optional(),
  supplyOff: argv.optional(),
  vbusOn: argv.optional(),
  vbusOff: argv.optional(),
  powerKey: argv.optional().describe('{ms} becomes the pulse width'),
  reset: argv.optional().describe('{ms} becomes the pulse width'),
  status: argv.optional().describe('Prints on or off'),
  timeout: duration.default(10_000),
});

/** Options of the simulated unit; see docs/simulator.md. */
const simulatedPower = z.strictObject({
  profile: z.enum(['backup', 'no-backup']).default('backup').describe('Recovery with or without a backup area'),
  reading: z.enum(['in-all', 'plus-first']).default('in-all').describe('Five attempts in all, or one and five more'),
  cutsCount: z.boolean().default(true).describe('A power cut uses up an attempt'),
  ufsSize: z
    .int()
    .positive()
    .default(4 * 1024 * 1024)
    .describe('Bytes of the user file system'),
  defects: z.array(z.string()).default([]).describe('Seeded defects, for tests of the harness itself'),
});

const powerDefinition = z
  .strictObject({
    gpio: gpioPower.optional(),
    command: commandPower.optional(),
    simulated: simulatedPower.optional(),
  })
  .refine(
    (power) => [power.gpio, power.command, power.simulated].filter((kind) => kind !== undefined).length === 1,
    'needs exactly one of gpio, command, simulated',
  );

const hostPort = z.string().regex(/^(\[[0-9a-f:]+\]|[^\s:/@]+):\d{1,5}$/i, 'host:port, for example 0.0.0.0:2121');

const ftpDelivery = z.strictObject({
  listen: hostPort,
  advertise: hostPort,
  passivePorts: z
    .string()
    .regex(/^\d{1,5}-\d{1,5}$/, 'first-last, for example 50000-50100')
    .optional(),
  longestHost: z
    .string()
    .length(50)
    .optional()
    .describe('A name of exactly 50 bytes that leads to the same server; without it that limit is not tried'),
});
const httpDelivery = ftpDelivery.omit({ passivePorts: true });

export const rigDefinition = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore'),
  module: z.enum(['EC25', 'EC21']),
  unit: z.strictObject({ imei: z.string().regex(/^\d{15}$/, '15 digits, in quotes') }),
  lines: z
    .strictObject({ at: lineDefinition.optional(), uart: lineDefinition.optional() })
    .refine((lines) => lines.at !== undefined || lines.uart !== undefined, 'needs at least one of at, uart')
    .optional()
    .describe('Not needed on a simulated rig, which brings its own'),
  power: powerDefinition,
  sim: z.strictObject({ pinEnv: z.string().describe('Name of the environment variable that holds the SIM PIN') }).optional(),
  network: z.strictObject({
    apn: z.string(),
    registration: z.boolean().default(true).describe('The unit is expected to register; false for a rig without a network'),
  }),
  delivery: z.strictObject({
    ftp: ftpDelivery.optional(),
    http: httpDelivery.optional(),
    ufs: z.boolean().default(false),
    sd: z.boolean().default(false),
  }),
  firmware: z
    .strictObject({
      retries: z.int().min(0).max(50).default(5),
      reading: z.enum(['in-all', 'plus-first', 'either']).default('either'),
      afterRetries: z.enum(['rolled-back', 'retries-for-ever']).default('rolled-back'),
    })
    .prefault({}),
  safety: z.strictObject({ powerCuts: z.boolean().default(false) }).prefault({}),
  timing: z.strictObject({ scale: z.number().positive().max(100).default(1) }).prefault({}),
  limits: z
    .strictObject({
      boot: duration.default(60_000),
      download: duration.default(300_000),
      upgrade: duration.default(1_200_000),
    })
    .prefault({}),
  restore: z
    .strictObject({ command: argv, timeout: duration.default(1_800_000) })
    .optional()
    .describe('Last rung of the restore ladder: a full flash to the baseline'),
});
/** A rig as the harness uses it: defaults filled in, durations in milliseconds (not yet scaled). */
export type RigDefinition = z.output<typeof rigDefinition>;
export type LineDefinition = NonNullable<NonNullable<RigDefinition['lines']>['at']>;
export type PowerDefinition = RigDefinition['power'];

const versionName = z.string().regex(/^[A-Za-z0-9_-]+$/);
const step = z.strictObject({ file: z.string(), from: versionName, to: versionName });

export const packagePair = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string(),
    module: z.enum(['EC25', 'EC21']),
    versions: z.record(versionName, z.string()),
    upgrade: step,
    downgrade: step,
  })
  .superRefine((pair, context) => {
    for (const name of ['upgrade', 'downgrade'] as const) {
      for (const end of ['from', 'to'] as const) {
        if (!(pair[name][end] in pair.versions)) {
          context.addIssue({
            code: 'custom',
            path: [name, end],
            message: `${pair[name][end]} is not among versions (${Object.keys(pair.versions).join(', ')})`,
          });
        }
      }
    }
    if (pair.upgrade.from !== pair.downgrade.to || pair.upgrade.to !== pair.downgrade.from) {
      context.addIssue({ code: 'custom', path: ['downgrade'], message: 'must lead back from where upgrade leads to' });
    }
  });
export type PackagePair = z.output<typeof packagePair>;
