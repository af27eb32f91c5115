import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Width of an element in CSS pixels, kept up to date; charts are drawn to it. */
export function useWidth<T extends HTMLElement>(first: number): [RefObject<T>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(first);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    setWidth(Math.max(240, Math.floor(element.clientWidth)));
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
