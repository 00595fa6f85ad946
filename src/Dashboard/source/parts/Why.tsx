/** What numbers lack, in the node's sentence; nothing where they lack nothing. */
export function Why(props: { of: string | null | undefined }) {
    return props.of ? <p class="why">{props.of}</p> : null;
}

/** The same beside one row's name or number. */
export function GapMark(props: { why: string | null | undefined }) {
    return props.why ? (
        <span class="gap-mark" role="img" aria-label={props.why} title={props.why}>
            !
        </span>
    ) : null;
}
