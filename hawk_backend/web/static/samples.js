// Prompts to begin with: one of each family of the desk's questions.

/** @type {{family: string, prompts: string[]}[]} */
export const SAMPLES = [
  {
    family: "Instructions",
    prompts: [
      "Check if I can hedge 150K CNY today",
      "Start USD 25M COI hedge",
      "Rollover existing EUR hedge",
      "Close JPY hedge position",
      "Modify order ORD-123 notional to 120M",
      "Status of all CNY instructions",
    ],
  },
  {
    family: "Positions",
    prompts: [
      "Show HKD positions by entity and NAV type",
      "Which hedges expire in the next 30 days?",
    ],
  },
  {
    family: "Risk and compliance",
    prompts: [
      "Calculate value at risk for the AUD book at 95% confidence",
      "Is any currency close to its USD PB threshold?",
      "Who changed the buffer rules this month?",
    ],
  },
  {
    family: "Performance",
    prompts: ["Show hedge effectiveness for KRW in Q3 2025", "What did our TWD hedges earn last month?"],
  },
  {
    family: "Booking and ledger",
    prompts: ["Show the Murex deal bookings for INR", "List GL entries for September 2025"],
  },
  {
    family: "Configuration",
    prompts: ["Show the waterfall and buffer configuration for CNY", "Is the system healthy?"],
  },
];
