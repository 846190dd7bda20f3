#include "quadrature.h"

/* Abramowitz & Stegun (1964), table 25.4, n = 16. */
static const double NODE[] = {0.0950125098376374401853193, 0.2816035507792589132304605,
                              0.4580167776572273863424194, 0.6178762444026437484466718,
                              0.7554044083550030338951012, 0.8656312023878317438804679,
                              0.9445750230732325760779884, 0.9894009349916499325961542};
static const double WEIGHT[] = {0.1894506104550684962853967, 0.1826034150449235888667637,
                                0.1691565193950025381893121, 0.1495959888165767320815017,
                                0.1246289712555338720524763, 0.0951585116824927848099251,
                                0.0622535239386478928628438, 0.0271524594117540948517806};

double quadrature(double (*f)(double x, const void *model), const void *model, double low,
                  double high, int panels) {
  const double half = (high - low) / (2 * panels);
  double sum = 0;
  for (int i = 0; i < panels; i++) {
    const double middle = low + (2 * i + 1) * half;
    for (int j = 0; j < 8; j++)
      sum += WEIGHT[j] * (f(middle - half * NODE[j], model) + f(middle + half * NODE[j], model));
  }
  return half * sum;
}
