import type { ComponentChildren } from 'preact';
import type { Outcome, UpgradeResult, Verdict } from '../data.js';

/** Meaning never hangs on colour alone: each tone has a shape of its own as well. */
export type Tone = 'pass' | 'fail' | 'invalid' | 'doubt' | 'none';

const shapes: Readonly<Record<Tone, string>> = {
  pass: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13zM4.8 8.2l2.3 2.3l4.2-4.6',
  fail: 'M5 1.5h6l3.5 3.5v6l-3.5 3.5h-6l-3.5-3.5v-6zM5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2',
  invalid: 'M8 1.8l6.7 12.2h-13.4zM8 6v4M8 11.6v.6',
  doubt: 'M8 1.2l6.8 6.8l-6.8 6.8l-6.8-6.8zM6.4 6.6a1.6 1.6 0 1 1 2.3 1.4q-.7.4-.7 1.1M8 11v.4',
  none: 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12zM5.2 8h5.6',
};

export function Mark({ tone, size = 16 }: { readonly tone: Tone; readonly size?: number }) {
  return (
    <svg class={`mark ${tone}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={shapes[tone]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

const tones: Readonly<Record<string, Tone>> = {
  passed: 'pass',
  pass: 'pass',
  survived: 'pass',
  failed: 'fail',
  fail: 'fail',
  invalid: 'invalid',
  interrupted: 'invalid',
  'not-attributed': 'invalid',
  inconclusive: 'doubt',
  undecided: 'doubt',
  unfinished: 'doubt',
  firmware: 'fail',
  package: 'fail',
  rig: 'invalid',
  harness: 'invalid',
  network: 'invalid',
};

export function toneOf(name: string): Tone {
  return tones[name] ?? 'none';
}

const words: Readonly<Record<string, string>> = {
  'not-covered': 'not covered',
  'not-attributed': 'not attributed',
  pass: 'conforms',
  fail: 'fails',
};

export type Named = Outcome | UpgradeResult | Verdict | (string & {});

export function wordOf(name: Named): string {
  return words[name] ?? name;
}

/** A status: shape, colour and word. */
export function Badge({ name, children }: { readonly name: Named; readonly children?: ComponentChildren }) {
  return (
    <span class={`badge ${toneOf(name)}`}>
      <Mark tone={toneOf(name)} size={14} />
      {children ?? wordOf(name)}
    </span>
  );
}
