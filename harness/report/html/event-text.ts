import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { Identities } from './identities.js';
import { clipped } from './visible.js';

const widest = 400;

/** One event in one line, as a person reads it: an excerpt's row, a timeline's entry. Identities masked; not yet made printable. */
export function eventSays(event: JournalEvent, identities: Identities): string {
  return clipped(saying(event, identities), widest);
}

function saying(event: JournalEvent, identities: Identities): string {
  const mask = (text: string): string => identities.mask(text);
  switch (event.type) {
    case 'line.rx':
      return `${event.line} ← ${identities.maskBytes(event.data)}`;
    case 'line.tx':
      return `${event.line} → ${event.data === undefined ? `${String(event.size)} bytes, SHA-256 ${event.sha256 ?? '?'}` : identities.maskBytes(event.data)}`;
    case 'at.command':
      return `${event.line} → ${mask(event.text)}`;
    case 'at.answer':
      return `${event.line} ← ${answerText(event, identities)} (${ms(event.took)})`;
    case 'power.do':
      return `${wireNames[event.wire] ?? event.wire} ${event.action}${event.ms === undefined ? '' : ` ${String(event.ms)} ms`}: ${mask(event.why)}`;
    case 'power.done':
      return event.error === undefined ? `switched after ${ms(event.took)}` : `not switched: ${mask(event.error)}`;
    case 'power.status':
      return `STATUS ${event.on ? 'on' : 'off'} (${event.how === 'edge' ? 'its own edge' : 'asked'})`;
    case 'usb.arrived':
      return `${event.path}: ${usbId(event)} arrived, ${event.kind}`;
    case 'usb.left':
      return `${event.path}: ${usbId(event)} left`;
    case 'line.appeared':
      return `${event.line} appeared: ${event.device}`;
    case 'line.gone':
      return `${event.line} gone`;
    case 'line.open':
      return `${event.line} opened: ${event.device}${event.sinceAppeared === undefined ? '' : `, ${ms(event.sinceAppeared)} after it appeared`}`;
    case 'line.lost':
      return `${event.line} lost: ${event.why}`;
    case 'line.closed':
      return `${event.line} closed`;
    case 'server.request':
      return `${event.protocol} ${event.verb} ${mask(event.path)}${event.offset === undefined ? '' : ` from byte ${String(event.offset)}`}`;
    case 'server.response':
      return `${responseText(event)} (${ms(event.took)})`;
    case 'server.connection':
      return `${event.protocol} connection ${String(event.connection)} ${event.state}, ${event.peer}`;
    case 'server.login':
      return `login of ${event.user} ${event.accepted ? 'accepted' : 'refused'}`;
    case 'delivery.fault':
      return `${event.source}: ${event.fault.name}${event.fault.percent === undefined ? '' : ` at ${String(event.fault.percent)} %`} ${event.state}${event.detail === undefined ? '' : `: ${event.detail}`}`;
    case 'module.identity':
      return `${event.when}: ${pairs(event.identity, mask)}${event.withheld === undefined ? '' : `; answered without it: ${pairs(event.withheld, mask)}`}`;
    case 'module.ready':
      return `normal mode after ${ms(event.took)} (${event.how === 'urc' ? 'a boot report' : 'an answer'} on ${event.line})`;
    case 'note':
      return mask(event.text);
    default:
      return mask(pairs(without(event), mask));
  }
}

const wireNames: Readonly<Record<string, string>> = { supply: 'supply', vbus: 'VBUS', powerKey: 'PWRKEY', reset: 'RESET_N' };
const stamps: ReadonlySet<string> = new Set(['n', 't', 'at', 'rig', 'type', 'upgrade', 'trial', 'test', 'findings', 'package']);

function without(event: JournalEvent): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([key]) => !stamps.has(key)));
}

function pairs(values: object, mask: (text: string) => string): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? mask(value) : JSON.stringify(value, rounded)}`)
    .join(', ');
}

export function answerText({ result, code, lines }: EventOf<'at.answer'>, identities: Identities): string {
  const said = lines.map((line) => identities.mask(line.trim())).filter((line) => line !== '');
  return `${[...said, `${result}${code === undefined ? '' : `: ${code}`}`].join(' ⏎ ')}`;
}

export function responseText({ code, sent, size, whole }: EventOf<'server.response'>): string {
  const bytes =
    size === undefined && sent === 0 ? '' : `, ${String(sent)}${size === undefined ? '' : ` of ${String(size)}`} bytes`;
  return `${String(code)}${bytes}${whole ? ', whole' : ''}`;
}

/** A clock of a host is not worth more digits. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}

function usbId({ vendor, product }: { readonly vendor: number; readonly product: number }): string {
  return `${vendor.toString(16).padStart(4, '0')}:${product.toString(16).padStart(4, '0')}`;
}

export function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ms`;
}
