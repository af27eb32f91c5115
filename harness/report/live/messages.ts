/** Between a run and the process that serves its live view. */
export type ToView =
  | { readonly type: 'listen'; readonly port: number }
  | { readonly type: 'follow'; readonly journal: string; readonly rigs: readonly string[] }
  | { readonly type: 'finish' };

export type FromView =
  | { readonly type: 'listening'; readonly port: number }
  /** It cannot go on. */
  | { readonly type: 'failed'; readonly code: string | undefined; readonly why: string };
