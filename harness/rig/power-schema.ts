/** The three kinds of power control of a rig definition. */
import { z } from 'zod';
import { argv, duration, text } from './values.js';

const lineNumber = z.int().min(0).max(1023).describe('Number of the line on its chip');
const chip = text(/^(\/\S+|[^\s/].*)$/, 'a chip by name (gpiochip0), path (/dev/gpiochip0) or label');
const lineName = text(/^[^\s].*$/, 'the name of a line').describe('Name of the line, as gpioinfo prints it');

const gpioLine = z
  .union([
    lineNumber,
    lineName,
    z.strictObject({
      chip: chip.optional().describe('Chip of this line, when it is not the one above'),
      line: z.union([lineNumber, lineName]),
      activeLow: z.boolean().default(false).describe('The wire acts at low level'),
      openDrain: z.boolean().default(false).describe('Driven low or left floating, never driven high'),
      bias: z.enum(['pull-up', 'pull-down', 'disabled']).optional().describe('Pull resistor of the line'),
    }),
  ])
  .describe('A line by number, by name, or as a mapping with line, chip, activeLow, openDrain, bias');

const noSwitch = (needed: string): string => `cannot switch the unit: needs ${needed}`;

const gpioPower = z
  .strictObject({
    chip: chip.describe('GPIO chip of the lines below: name, path or label'),
    supply: gpioLine.optional(),
    vbus: gpioLine.optional(),
    powerKey: gpioLine.optional(),
    reset: gpioLine.optional(),
    status: gpioLine.optional(),
  })
  .refine((gpio) => gpio.supply !== undefined || gpio.powerKey !== undefined, noSwitch('supply or powerKey'))
  .refine((gpio) => typeof gpio.status !== 'object' || !gpio.status.openDrain, {
    path: ['status', 'openDrain'],
    message: 'STATUS is an input: nothing drives it',
  })
  .describe('Wires on lines of a GPIO chip');

const pulse = argv.describe('Gives one pulse; {ms} in any argument becomes its width in milliseconds');

const commandPower = z
  .strictObject({
    supplyOn: argv.optional().describe('Switches VBAT on'),
    supplyOff: argv.optional().describe('Switches VBAT off'),
    vbusOn: argv.optional().describe('Switches VBUS of the USB cable on'),
    vbusOff: argv.optional().describe('Switches VBUS of the USB cable off'),
    powerKey: pulse.optional(),
    reset: pulse.optional(),
    status: argv.optional().describe('Prints on or off: the level of STATUS'),
    timeout: duration
      .default(10_000)
      .describe('How long a program may take (a pulse: on top of its width). Not scaled: it runs on this host'),
  })
  .superRefine((command, context) => {
    const problem = (message: string, key?: string): void => {
      context.addIssue({ code: 'custom', message, path: key === undefined ? [] : [key] });
    };
    for (const wire of ['supply', 'vbus'] as const) {
      for (const [given, lacking] of [
        ['On', 'Off'],
        ['Off', 'On'],
      ] as const) {
        if (command[`${wire}${given}`] !== undefined && command[`${wire}${lacking}`] === undefined) {
          problem(`goes with ${wire}${lacking}, which is missing`, `${wire}${given}`);
        }
      }
    }
    for (const key of ['powerKey', 'reset'] as const) {
      if (command[key]?.some((argument) => argument.includes('{ms}')) === false) {
        problem('needs {ms} in an argument: the width of the pulse differs from use to use', key);
      }
    }
    if (command.supplyOn === undefined && command.supplyOff === undefined && command.powerKey === undefined) {
      problem(noSwitch('supplyOn and supplyOff, or powerKey'));
    }
  })
  .describe('Wires switched by programs; another exit code than 0 is a fault of the rig');

/** Options of the simulated unit; see docs/simulator.md. */
const simulatedPower = z
  .strictObject({
    profile: z.enum(['backup', 'no-backup']).default('backup').describe('Recovery with or without a backup area'),
    reading: z.enum(['in-all', 'plus-first']).default('in-all').describe('Five attempts in all, or one and five more'),
    cutsCount: z.boolean().default(true).describe('A power cut uses up an attempt'),
    ufsSize: z
      .int()
      .positive()
      .default(4 * 1024 * 1024)
      .describe('Bytes of the user file system'),
    flashMinutes: z
      .number()
      .positive()
      .default(8)
      .describe('Minutes of work on the flash in a whole upgrade, before timing.scale shortens them'),
    defects: z.array(z.string()).default([]).describe('Seeded defects, for tests of the harness itself'),
  })
  .describe('A simulated unit in a process of its own; {} for the usual one');

export const powerDefinition = z
  .strictObject({
    gpio: gpioPower.optional(),
    command: commandPower.optional(),
    simulated: simulatedPower.optional(),
  })
  .refine(
    (power) => [power.gpio, power.command, power.simulated].filter((kind) => kind !== undefined).length === 1,
    'needs exactly one of gpio, command, simulated',
  )
  .meta({ minProperties: 1, maxProperties: 1, description: 'How the unit is switched: exactly one of gpio, command, simulated' });

export type PowerDefinition = z.output<typeof powerDefinition>;
export type CommandPowerDefinition = NonNullable<PowerDefinition['command']>;
