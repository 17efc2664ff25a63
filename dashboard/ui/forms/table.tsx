/** A table described by its columns. On a phone each row becomes a card with the heads before the values. */
import type { ComponentChildren } from "preact";

export interface Column<T> {
  /** Its head in words; "" for the column of the buttons. */
  head: string;
  cell: (row: T) => ComponentChildren;
  class?: string;
}

interface Props<T> {
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  rowClass?: (row: T) => string;
  /** data-* attribute of the table. */
  mark: string;
}

export function Table<T>({ columns, rows, keyOf, rowClass, mark }: Props<T>) {
  return (
    <div class="table-scroll">
      <table class="table is-cards" {...{ [`data-${mark}`]: "" }}>
        <thead>
          <tr>{columns.map((column, index) => <th key={index} scope="col">{column.head}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} data-id={keyOf(row)} class={rowClass?.(row) ?? ""}>
              {columns.map((column, index) => (
                <td key={index} class={column.class ?? ""} data-head={column.head}><div>{column.cell(row)}</div></td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A button of a row. */
export interface RowAction {
  name: string;
  label: string;
  run: () => void | Promise<void>;
}

export function RowActions({ actions, children }: { actions: readonly RowAction[]; children?: ComponentChildren }) {
  return (
    <span class="row-actions">
      {children}
      {actions.map(({ name, label, run }) => (
        <button key={name} type="button" class="chip" data-act={name} onClick={() => void run()}>{label}</button>
      ))}
    </span>
  );
}
