import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/language";

/** Holds what may be wider or higher than its place, and says where it goes on to the side: not all browsers show their bars. */
export function Scroll(props: { label: string; children: ComponentChildren }) {
    const box = useRef<HTMLDivElement>(null);
    return (
        <>
            <ScrollHint of={box} />
            <div ref={box} class="scroll" tabIndex={0} role="group" aria-label={props.label}>
                {props.children}
            </div>
        </>
    );
}

/** Says that a box can be scrolled to the side; nothing where all of it is in sight. A screen reader reads all columns anyway. */
export function ScrollHint(props: { of: RefObject<HTMLElement> }) {
    const [isWider, setIsWider] = useState(false);
    useEffect(() => {
        const box = props.of.current!;
        const look = () => setIsWider(box.scrollWidth > box.clientWidth);
        const sizes = new ResizeObserver(look);
        sizes.observe(box);
        for (const child of box.children) {
            sizes.observe(child);
        }

        look();
        return () => sizes.disconnect();
    }, []);
    return isWider ? (
        <p class="muted scroll-hint" aria-hidden="true">
            {t("scroll.hint")}
        </p>
    ) : null;
}
