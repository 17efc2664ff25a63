export function mountLegacy(name: string, node: HTMLElement): () => void;
