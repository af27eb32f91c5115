import { RigFault } from '../base/errors.js';
import type { PowerSeen } from './power-witnesses.js';

/** What can be wrong with a rig's switch, as `dfota rigs check` and the journal name it. */
export type SwitchProblem =
  | 'supply-does-nothing'
  | 'supply-inverted'
  | 'status-stuck-high'
  | 'status-stuck-low'
  | 'status-inverted'
  | 'back-feed'
  | 'slow-decay'
  | 'no-witness'
  | 'power-key-does-nothing'
  | 'does-not-come-back'
  | 'another-unit';

/** `lives-on`: not one witness changed; told from each other by what the supply does when it is told on. */
export type OffJudgement = SwitchProblem | 'lives-on' | 'off';

/**
 * What the witnesses say of a supply that was told off, `decay` being the ms that they may take.
 * `vbus`: VBUS was switched off as well, so a USB device that leaves does not tell whether VBAT went.
 */
export function judgeOff(seen: PowerSeen, decay: number, vbus: boolean): OffJudgement {
  const usbTells = !vbus;
  // The AT line leaves with its USB device.
  const gone = seen.lines.filter(({ role, silentAfter }) => silentAfter !== undefined && (usbTells || role !== 'at'));
  const fell = seen.statusBefore === true && seen.statusAfter === false;
  const alive = seen.lines.some(({ silentAfter }) => silentAfter === undefined);
  if (alive) return fell || gone.length > 0 || (usbTells && seen.usbLeft !== undefined) ? 'back-feed' : 'lives-on';
  if (seen.usbThere) return 'back-feed';
  if (seen.statusBefore === true && seen.statusAfter === true) {
    // Nothing but a line that left with VBUS speaks against STATUS.
    return gone.length === 0 ? 'lives-on' : 'status-stuck-high';
  }
  if (seen.statusBefore === false) return seen.statusAfter === true ? 'status-inverted' : 'status-stuck-low';
  return slowest(seen) > decay ? 'slow-decay' : 'off';
}

/** True when a witness other than a USB device that left with VBUS told that the module lost power. */
export function isWitnessed(seen: PowerSeen, vbus: boolean): boolean {
  return (
    seen.statusFell !== undefined ||
    seen.lines.some(({ role, silentAfter }) => silentAfter !== undefined && !(vbus && role === 'at'))
  );
}

/** ms until the last witness had told. */
export function slowest(seen: PowerSeen): number {
  return Math.max(0, seen.statusFell ?? 0, seen.usbLeft ?? 0, ...seen.lines.map(({ silentAfter }) => silentAfter ?? 0));
}

/** The witnesses in words. */
export function seenText(seen: PowerSeen): string {
  const ms = (time: number): string => `${String(time)} ms`;
  const level = (on: boolean | undefined): string => (on === true ? 'high' : 'low');
  const parts: string[] = [];
  if (seen.statusFell !== undefined) parts.push(`STATUS fell after ${ms(seen.statusFell)}`);
  else if (seen.statusBefore !== undefined) {
    const same = seen.statusBefore === seen.statusAfter;
    parts.push(
      same
        ? `STATUS stayed ${level(seen.statusAfter)}`
        : `STATUS went from ${level(seen.statusBefore)} to ${level(seen.statusAfter)}`,
    );
  }
  if (seen.usbLeft !== undefined) parts.push(`USB left after ${ms(seen.usbLeft)}${seen.usbThere ? ' and came back' : ''}`);
  else if (seen.usbThere) parts.push('USB stayed');
  for (const { role, silentAfter } of seen.lines) {
    parts.push(
      silentAfter === undefined
        ? `${role} still answers AT after ${ms(seen.watched)}`
        : silentAfter === 0
          ? `${role} silent at once`
          : `${role} silent after ${ms(silentAfter)}`,
    );
  }
  for (const role of seen.adaptersLeft) parts.push(`the device of ${role}, not the module’s own, left: no witness`);
  return parts.join('; ');
}

const explanations: Record<SwitchProblem, { readonly what: string; readonly asked: string; readonly hint: string }> = {
  'supply-does-nothing': {
    what: 'the supply line does nothing',
    asked: 'no sign of life with the supply off',
    hint: 'look at the wire from the switch to VBAT and at the line or program that power names; is it the one of another rig? Is the module fed in another way?',
  },
  'supply-inverted': {
    what: 'the supply line is inverted',
    asked: 'a module that is off when the supply is told off, and on when it is told on',
    hint: 'swap supplyOn and supplyOff, or change activeLow of the supply line',
  },
  'status-stuck-high': {
    what: 'STATUS is stuck high',
    asked: 'STATUS low with the supply off',
    hint: 'look at the wire of STATUS: is it the module’s own, is a pull-up stronger than the module, does a level shifter keep it?',
  },
  'status-stuck-low': {
    what: 'STATUS is stuck low',
    asked: 'STATUS high while the module answers AT',
    hint: 'look at the wire of STATUS: is it connected, is its level shifter supplied? Leave status out of the definition if it is not wired',
  },
  'status-inverted': {
    what: 'STATUS is inverted',
    asked: 'STATUS high while the module runs, low with the supply off',
    hint: 'change activeLow of the status line, or what the status program prints',
  },
  'back-feed': {
    what: 'the module is kept alive by back-feed',
    asked: 'every line silent with the supply off',
    hint: 'it gets current from somewhere else: switch VBUS together with VBAT (vbus), and look at UART, PWRKEY and level shifters that stay powered',
  },
  'slow-decay': {
    what: 'the supply decays too slowly',
    asked: 'no power soon after the supply is off (limits.decay)',
    hint: 'discharge the supply behind the switch (a smaller capacitor, a load resistor, a switch with output discharge), or raise limits.decay: cuts are then so much later than asked',
  },
  'no-witness': {
    what: 'nothing tells whether the supply goes',
    asked: 'STATUS, a UART or a boot report as a witness, since the USB device leaves with VBUS anyway',
    hint: 'wire STATUS or the UART',
  },
  'power-key-does-nothing': {
    what: 'PWRKEY does nothing',
    asked: 'a sign of life after the supply is on and PWRKEY was pressed',
    hint: 'look at the wire of PWRKEY, its level (activeLow) and its width; without PWRKEY wire leave powerKey out',
  },
  'does-not-come-back': {
    what: 'the unit does not come back after its supply was cut',
    asked: 'an answer to AT within limits.boot',
    hint: 'look at the supply’s voltage and current limit under load, and at its last reports in the journal',
  },
  'another-unit': {
    what: 'another unit answers after the supply was cut',
    asked: 'the same identity as before',
    hint: 'are lines or supplies of two rigs swapped?',
  },
};

/** The fault as a person needs it. */
export function switchFault(rig: string, problem: SwitchProblem, seen: string): RigFault {
  const { what, asked, hint } = explanations[problem];
  return new RigFault(`rig ${rig}: ${what}`, { asked, seen, hint });
}
