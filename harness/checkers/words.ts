/** Amounts as sentences say them. */

export const unitsText = (units: number): string => `${units} unit${units === 1 ? '' : 's'}`;

/** "2 units were sold of 1" */
export const soldText = (units: number, stock: number): string =>
  `${unitsText(units)} ${units === 1 ? 'was' : 'were'} sold of ${stock}`;
