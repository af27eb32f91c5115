import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { Mark, toneOf, wordOf } from './marks.js';
import { useKept, useKeptSignal } from './router.js';

/** Rows are numbers: places in the report's columns. */
export interface Column {
  readonly title: string;
  readonly cell: (row: number) => ComponentChildren;
  /** What the column is sorted by; without it it cannot be. */
  readonly by?: (row: number) => number | string;
  readonly kind?: 'number' | 'short' | 'wide' | 'main';
}

export interface Filter {
  readonly title: string;
  readonly of: (row: number) => string;
  /** All values in their order; only those that occur are offered. */
  readonly values: readonly string[];
}

interface Props {
  /** Name of its state, and of the element. */
  readonly id: string;
  readonly caption: string;
  readonly rows: readonly number[];
  readonly columns: readonly Column[];
  readonly filters: readonly Filter[];
  /** What the search field looks at. */
  readonly text: (row: number) => string;
  readonly page?: number;
}

export interface TableState {
  readonly chosen: Readonly<Record<string, string>>;
  readonly search: string;
  readonly sort: number;
  readonly down: boolean;
  readonly page: number;
  /** Only these rows, chosen in a chart, with what they are. */
  readonly only: { readonly rows: readonly number[]; readonly what: string } | undefined;
}

export const freshTable: TableState = { chosen: {}, search: '', sort: -1, down: false, page: 0, only: undefined };

/** Rows of a page of a table, unless it says otherwise: each costs time before anything is seen, and paper. */
const rowsShown = 30;

/** A table of any length: filtered, searched, sorted, and a page of it shown. */
export function DataTable(props: Props) {
  const { id, caption, rows, columns, filters, text, page: size = rowsShown } = props;
  const signal = useKeptSignal(id);
  return <TableBody key={signal} {...{ id, caption, rows, columns, filters, text, page: size }} />;
}

function TableBody({ id, caption, rows, columns, filters, text, page: size = rowsShown }: Props) {
  const [state, setState] = useKept<TableState>(id, freshTable);
  const { chosen, search, sort, down, only } = state;
  const set = (change: Partial<TableState>): void => {
    setState({ ...state, page: 0, ...change });
  };
  const shown = useMemo(() => {
    const words = search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const found = (only?.rows ?? rows).filter(
      (row) =>
        filters.every(({ title, of }) => chosen[title] === undefined || of(row) === chosen[title]) &&
        (words.length === 0 || words.every((word) => text(row).toLowerCase().includes(word))),
    );
    const by = columns[sort]?.by;
    if (by === undefined) return found;
    const order = (a: number, b: number): number => {
      const [one, other] = [by(a), by(b)];
      const less = typeof one === 'number' && typeof other === 'number' ? one - other : String(one).localeCompare(String(other));
      return down ? -less : less;
    };
    return [...found].sort(order);
  }, [state, rows]);
  const pages = Math.max(1, Math.ceil(shown.length / size));
  const page = Math.min(state.page, pages - 1);
  const visible = shown.slice(page * size, (page + 1) * size);
  const part = `${(page * size + 1).toLocaleString('en')} to ${(page * size + visible.length).toLocaleString('en')}`;
  return (
    <div class="data-table" id={id}>
      <div class="filters no-print">
        {filters.map((filter) => (
          <FilterChips
            key={filter.title}
            filter={filter}
            rows={rows}
            chosen={chosen[filter.title]}
            choose={(value) => {
              const rest = Object.fromEntries(Object.entries(chosen).filter(([title]) => title !== filter.title));
              set({ chosen: value === undefined ? rest : { ...rest, [filter.title]: value } });
            }}
          />
        ))}
        <label class="search">
          <span class="visually-hidden">Search: {caption}</span>
          <input
            type="search"
            placeholder="Search"
            value={search}
            onInput={(event) => {
              set({ search: event.currentTarget.value });
            }}
          />
        </label>
      </div>
      <p class="count" role="status">
        {shown.length.toLocaleString('en')} of {rows.length.toLocaleString('en')}
        {pages > 1 ? <span class="print-only">; printed: {part}</span> : null}
        {only === undefined ? null : (
          <>
            {' '}
            · only {only.what}{' '}
            <button
              type="button"
              class="link no-print"
              onClick={() => {
                set({ only: undefined });
              }}
            >
              show all
            </button>
          </>
        )}
      </p>
      <table role="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column, index) => (
              <th
                key={column.title}
                scope="col"
                role="columnheader"
                class={column.kind}
                data-label={column.title}
                aria-sort={sort === index ? (down ? 'descending' : 'ascending') : undefined}
              >
                {column.by === undefined ? (
                  column.title
                ) : (
                  <button
                    type="button"
                    class="sorter"
                    onClick={() => {
                      set({ sort: index, down: sort === index && !down });
                    }}
                  >
                    {column.title}
                    <span aria-hidden="true">{sort === index ? (down ? ' ↓' : ' ↑') : ''}</span>
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {visible.map((row) => (
            <tr key={row} role="row">
              {columns.map((column) => (
                <td key={column.title} role="cell" class={column.kind} data-label={column.title}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {visible.length === 0 ? <p class="empty">Nothing here{rows.length > 0 ? ' with these filters' : ''}.</p> : null}
      <Pager
        page={page}
        pages={pages}
        of={caption}
        turn={(next) => {
          setState({ ...state, page: next });
        }}
      />
    </div>
  );
}

export function Pager({
  page,
  pages,
  of,
  turn,
}: {
  readonly page: number;
  readonly pages: number;
  readonly of: string;
  readonly turn: (page: number) => void;
}) {
  if (pages < 2) return null;
  return (
    <nav class="pager" aria-label={`Pages: ${of}`}>
      <button
        type="button"
        disabled={page === 0}
        onClick={() => {
          turn(page - 1);
        }}
      >
        ‹ Previous
      </button>
      <span>
        page {page + 1} of {pages}
      </span>
      <button
        type="button"
        disabled={page >= pages - 1}
        onClick={() => {
          turn(page + 1);
        }}
      >
        Next ›
      </button>
    </nav>
  );
}

function FilterChips({
  filter,
  rows,
  chosen,
  choose,
}: {
  readonly filter: Filter;
  readonly rows: readonly number[];
  readonly chosen: string | undefined;
  readonly choose: (value: string | undefined) => void;
}) {
  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const row of rows) found.set(filter.of(row), (found.get(filter.of(row)) ?? 0) + 1);
    return found;
  }, [rows]);
  const offered = [...new Set([...filter.values, ...counts.keys()])].filter((value) => value !== '' && counts.has(value));
  if (offered.length < 2) return null;
  if (offered.length > 6) {
    return (
      <label class="choice">
        <span>{filter.title}</span>
        <select
          value={chosen ?? ''}
          onChange={(event) => {
            choose(event.currentTarget.value === '' ? undefined : event.currentTarget.value);
          }}
        >
          <option value="">all</option>
          {offered.map((value) => (
            <option key={value} value={value}>
              {wordOf(value)} ({counts.get(value)})
            </option>
          ))}
        </select>
      </label>
    );
  }
  return (
    <div class="chips" role="group" aria-label={filter.title}>
      {offered.map((value) => (
        <button
          key={value}
          type="button"
          class="chip"
          aria-pressed={chosen === value}
          onClick={() => {
            choose(chosen === value ? undefined : value);
          }}
        >
          {toneOf(value) === 'none' ? null : <Mark tone={toneOf(value)} size={12} />}
          {wordOf(value)} <span class="n">{counts.get(value)?.toLocaleString('en')}</span>
        </button>
      ))}
    </div>
  );
}
