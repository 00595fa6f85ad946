/** What numbers lack, in the node's sentence; nothing where they lack nothing. */
export function Why(props: { of: string | null | undefined }) {
    return props.of ? <p class="why">{props.of}</p> : null;
}
