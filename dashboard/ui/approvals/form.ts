/** The text of a field of the form that is submitted, trimmed. */
export function fieldText(event: SubmitEvent, name: string): string {
  const value = new FormData(event.target as HTMLFormElement).get(name);
  return typeof value === "string" ? value.trim() : "";
}
