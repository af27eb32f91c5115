import { scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { zoom, zoomIdentity, type ZoomBehavior, type ZoomTransform } from 'd3-zoom';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Timeline } from '../data.js';
import { offset } from './format.js';
import { itemsOf, laneLayout, type Item, type LaneLayout } from './timeline-items.js';
import { LaneView } from './timeline-lane.js';
import { useWidth } from './width.js';

const head = 20;
const foot = 26;
const reach = 14;

/** Everything that happened during one upgrade, in lanes. Zoomed by buttons, keys, pinching, or the wheel once it has the focus. */
export function TimelineView({ timeline, listed = true }: { readonly timeline: Timeline; readonly listed?: boolean }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const items = useMemo(() => itemsOf(timeline), [timeline]);
  const { lanes, bottom } = useMemo(() => laneLayout(timeline, items, head), [timeline]);
  const [transform, setTransform] = useState<ZoomTransform>(zoomIdentity);
  const [chosen, setChosen] = useState<number>();
  const svg = useRef<SVGSVGElement>(null);
  const behaviour = useRef<ZoomBehavior<SVGSVGElement, unknown>>();
  const gutter = width < 560 ? 64 : 92;
  const base = scaleLinear([0, timeline.span * 1.01], [gutter, width]);
  const x = transform.rescaleX(base);

  useEffect(() => {
    const element = svg.current;
    if (element === null) return;
    const made = zoom<SVGSVGElement, unknown>()
      .scaleExtent([1, 5000])
      .extent([
        [gutter, 0],
        [width, bottom],
      ])
      .translateExtent([
        [gutter, 0],
        [width, bottom],
      ])
      .filter((event: Event) => wanted(event, element))
      .on('zoom', ({ transform: now }: { transform: ZoomTransform }) => {
        setTransform(now);
      });
    behaviour.current = made;
    const selection = select(element);
    selection.call(made).on('dblclick.zoom', null);
    return () => {
      selection.on('.zoom', null);
    };
  }, [width, bottom, gutter]);

  const act = (what: 'in' | 'out' | 'fit' | 'left' | 'right'): void => {
    const [element, made] = [svg.current, behaviour.current];
    if (element === null || made === undefined) return;
    const selection = select(element);
    if (what === 'fit') made.transform(selection, zoomIdentity);
    else if (what === 'in' || what === 'out') made.scaleBy(selection, what === 'in' ? 2 : 0.5);
    else made.translateBy(selection, ((what === 'left' ? 0.3 : -0.3) * width) / transform.k, 0);
  };
  const show = (index: number): void => {
    const item = items[index];
    if (item === undefined) return;
    setChosen(index);
    const [element, made] = [svg.current, behaviour.current];
    const place = x(item.t);
    if (element !== null && made !== undefined && (place < gutter || place > width))
      made.translateTo(select(element), base(item.t), 0);
  };
  const step = (by: number): void => {
    const last = items.length - 1;
    show(chosen === undefined ? (by > 0 ? 0 : last) : Math.max(0, Math.min(last, chosen + by)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const known: Readonly<Record<string, () => void>> = {
      '+': () => {
        act('in');
      },
      '=': () => {
        act('in');
      },
      '-': () => {
        act('out');
      },
      0: () => {
        act('fit');
      },
      ArrowLeft: () => {
        act('left');
      },
      ArrowRight: () => {
        act('right');
      },
      n: () => {
        step(1);
      },
      p: () => {
        step(-1);
      },
    };
    const run = known[event.key];
    if (run === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    run();
  };
  const item = chosen === undefined ? undefined : items[chosen];
  return (
    <div class="timeline" ref={ref}>
      <div class="controls no-print" role="group" aria-label="Timeline">
        <button
          type="button"
          onClick={() => {
            act('in');
          }}
          aria-label="Zoom in"
        >
          +
        </button>
        <button
          type="button"
          onClick={() => {
            act('out');
          }}
          aria-label="Zoom out"
        >
          −
        </button>
        <button
          type="button"
          onClick={() => {
            act('fit');
          }}
        >
          Fit
        </button>
        <button
          type="button"
          onClick={() => {
            act('left');
          }}
          aria-label="Earlier"
        >
          ‹
        </button>
        <button
          type="button"
          onClick={() => {
            act('right');
          }}
          aria-label="Later"
        >
          ›
        </button>
        <span class="spacer" />
        <button
          type="button"
          onClick={() => {
            step(-1);
          }}
        >
          Previous event
        </button>
        <button
          type="button"
          onClick={() => {
            step(1);
          }}
        >
          Next event
        </button>
      </div>
      <svg
        ref={svg}
        width={width}
        height={bottom + foot}
        viewBox={`0 0 ${String(width)} ${String(bottom + foot)}`}
        tabindex={0}
        role="img"
        aria-label={`Timeline of ${String(items.length)} events over ${offset(timeline.span, timeline.timed)}. Keys: plus and minus zoom, arrows move, 0 fits, n and p step through the events.${listed ? ' The same events are listed below.' : ''}`}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const found = nearest(event, svg.current, lanes, items, x);
          if (found !== undefined) setChosen(found);
        }}
      >
        <clipPath id="plot">
          <rect x={gutter} y={0} width={width - gutter} height={bottom + foot} />
        </clipPath>
        {lanes.map((layout) => (
          <LaneView key={layout.lane} {...{ timeline, layout, items, x, width, gutter }} />
        ))}
        <g clip-path="url(#plot)">
          {timeline.cuts.map(({ t, text }) => (
            <g key={t} class="cut-line">
              <line x1={x(t)} x2={x(t)} y1={head - 4} y2={bottom} />
              <text x={x(t)} y={head - 8} text-anchor={x(t) > width * 0.7 ? 'end' : 'start'}>
                ⚡ {text}
              </text>
            </g>
          ))}
          {item === undefined ? null : <line class="chosen" x1={x(item.t)} x2={x(item.t)} y1={head} y2={bottom} />}
        </g>
        <g class="axis">
          {x.ticks(Math.max(2, Math.floor((width - gutter) / 110))).map((tick) => (
            <g key={tick}>
              <line x1={x(tick)} x2={x(tick)} y1={head} y2={bottom + 4} />
              <text x={x(tick)} y={bottom + 17} text-anchor={x(tick) < gutter + 20 ? 'start' : 'middle'}>
                {offset(tick, timeline.timed)}
              </text>
            </g>
          ))}
        </g>
      </svg>
      <p class="readout" role="status">
        {item === undefined ? (
          'Choose an event to read it in full: click it, or step with the buttons. With the focus on the chart the wheel zooms.'
        ) : (
          <>
            <b>
              {offset(item.t, timeline.timed)} · {item.label}
            </b>{' '}
            <span class="n">#{item.n}</span> <span class="mono">{item.text}</span>
            {item.took > 0 ? ` (${item.took.toFixed(1)} ms)` : ''}
          </>
        )}
      </p>
    </div>
  );
}

/** A wheel over a page scrolls it, and one finger does; only a chart that was chosen takes them for itself. */
function wanted(event: Event, element: SVGSVGElement): boolean {
  if (event.type === 'wheel') return (event as WheelEvent).ctrlKey || document.activeElement === element;
  if (event.type.startsWith('touch')) return (event as TouchEvent).touches.length > 1;
  return (event as MouseEvent).button === 0;
}

function nearest(
  event: MouseEvent,
  svg: SVGSVGElement | null,
  lanes: readonly LaneLayout[],
  items: readonly Item[],
  x: (t: number) => number,
): number | undefined {
  const box = svg?.getBoundingClientRect();
  if (box === undefined) return undefined;
  const [left, top] = [event.clientX - box.left, event.clientY - box.top];
  const lane = lanes.find((each) => top >= each.top && top < each.top + each.height);
  let best: { index: number; distance: number } | undefined;
  items.forEach((item, index) => {
    if (item.lane !== lane?.lane) return;
    const [from, to] = [x(item.t), x(item.t + item.took)];
    const distance = left < from ? from - left : left > to ? left - to : 0;
    if (distance <= reach && distance < (best?.distance ?? Infinity)) best = { index, distance };
  });
  return best?.index;
}
