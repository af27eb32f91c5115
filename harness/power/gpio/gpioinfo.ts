/** Reading what `gpiodetect` and `gpioinfo` (package gpiod, 1.x and 2.x) print. */
import { execFile } from 'node:child_process';
import type { GpioChipInfo, GpioLineInfo } from './chips.js';

/** These programs only ask the kernel; this is for one that hangs. In milliseconds. */
const within = 5000;

/** What both programs print; rejects when one is missing or fails. */
export async function runGpioinfo(): Promise<{ readonly detected: string; readonly info: string }> {
  return { detected: await output('gpiodetect'), info: await output('gpioinfo') };
}

function output(program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, { timeout: within, maxBuffer: 1 << 22 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr.trim() === '' ? error.message : stderr.trim()));
    });
  });
}

/** `unread`: how many lines of the output were not understood. */
export function readGpioinfo(detected: string, info: string): { chips: GpioChipInfo[]; unread: number } {
  const labels = new Map<string, string>();
  for (const line of detected.split('\n')) {
    const [, name, label] = /^(\S+) \[(.*)\] \(\d+ lines?\)$/.exec(line) ?? [];
    if (name !== undefined && label !== undefined) labels.set(name, label);
  }
  const chips: (GpioChipInfo & { lines: GpioLineInfo[] })[] = [];
  let unread = 0;
  for (const text of info.split('\n')) {
    if (text.trim() === '') continue;
    const [, name] = /^(\S+) - \d+ lines?:$/.exec(text) ?? [];
    if (name !== undefined) {
      chips.push({ name, label: labels.get(name) ?? '', path: `/dev/${name}`, lines: [] });
      continue;
    }
    const line = readLine(text);
    const chip = chips.at(-1);
    if (line === undefined || chip === undefined) unread++;
    else chip.lines.push(line);
  }
  return { chips, unread };
}

const head = /^\s+line\s+(\d+):\s+(?:unnamed|"(.*?)")\s+/;
/** 1.x: `unused   input  active-high`, `"gpiomon"  output  active-low [used open-drain]`, or `kernel` for a user without a name. */
const tail1 = /^(?:unused|kernel|"(.*?)")\s+(input|output)\s+active-(high|low)\s*(\[used.*\])?\s*$/;
/** 2.x: `output active-low drive=open-drain consumer="gpiomon"`, or `used` for a user without a name. */
const tail2 = /^(input|output)((?:\s+(?:active-low|used|[a-z-]+=\S+|consumer=".*?"))*)\s*$/;

function readLine(text: string): GpioLineInfo | undefined {
  const [start, number, name] = head.exec(text) ?? [];
  if (start === undefined) return undefined;
  const rest = text.slice(start.length);
  const named = { number: Number(number), ...(name === undefined ? {} : { name }) };
  const one = tail1.exec(rest);
  if (one !== null) {
    const [, consumer, direction, active, used] = one;
    return {
      ...named,
      ...(consumer === undefined ? {} : { consumer }),
      used: used !== undefined,
      direction: direction as GpioLineInfo['direction'],
      activeLow: active === 'low',
    };
  }
  const two = tail2.exec(rest);
  if (two === null) return undefined;
  const [, direction, more = ''] = two;
  const [, quoted, bare] = /\sconsumer=(?:"(.*?)"|(\S+))/.exec(more) ?? [];
  const consumer = quoted ?? bare;
  return {
    ...named,
    ...(consumer === undefined ? {} : { consumer }),
    used: consumer !== undefined || /\sused\b/.test(more),
    direction: direction as GpioLineInfo['direction'],
    activeLow: /\sactive-low\b/.test(more),
  };
}
