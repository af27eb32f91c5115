import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Widest the content gets, and what stands beside it; style.css. */
const widest = 1176;
const margins = 40;

/**
 * Width of an element in CSS pixels, kept up to date; charts are drawn to it. The first is a guess from the window: to ask for the real one would
 * have the browser lay out the whole page, and then once more. The observer tells it before anything is painted.
 */
export function useWidth<T extends HTMLElement>(): [RefObject<T>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(() => Math.max(240, Math.min(widest, innerWidth - margins)));
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      setWidth(Math.max(240, Math.floor(element.clientWidth)));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  return [ref, width];
}
