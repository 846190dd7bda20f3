#include "fuzzing.h"

#include <stdint.h>

static uint64_t state;
long case_number;
int case_ok;

/* splitmix64 (Steele, Lea & Flood 2014) */
static uint64_t bits(void) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double uniform(double low, double high) {
  return low + (high - low) * ((double)(bits() >> 11) * 0x1p-53);
}

int below(int n) { return (int)(bits() % (uint64_t)n); }

int one_in(int n) { return below(n) == 0; }

void start_case(long number) {
  case_number = number;
  case_ok = 1;
  state = (uint64_t)number * 0x2545f4914f6cdd1du;
}

void end_case(void) {
  if (case_ok) check_true(1, "case %ld", case_number);
}
