# Makes data/msc_prisma_counts.rda. Run from the package root:
#   Rscript data-raw/msc_prisma_counts.R
#
# Source of every number: Lu W, Qu J, Yan L, et al. (2023), Stem Cell Res Ther 14:301,
# doi:10.1186/s13287-023-03518-x (text CC BY 4.0, data CC0), "Results of the search". The
# flow diagram itself (figure 1) is a picture and was not read. Words in `box` are those
# of msc_prisma(). The number of duplicates is not printed: it follows, and is left out.

msc_prisma_counts <- read.csv(strip.white = TRUE, text = "box, label, n
databases, PubMed, 436
databases, Embase, 747
databases, Web of Science, 1354
databases, Cochrane Library, 62
identified, , 2599
screened, , 1747
excluded_reasons, Topic not relevant, 1172
excluded_reasons, Animal model, 29
excluded_reasons, Review or meta-analysis, 204
excluded_reasons, Not a randomised controlled trial, 32
excluded_reasons, Not in English, 58
assessed, , 252
reasons, Conference abstract without full text and data, 216
reasons, Trial registration without results, 25
included, , 11
")

n_of <- function(box) sum(msc_prisma_counts$n[msc_prisma_counts$box == box])
stopifnot(
  n_of("databases") == n_of("identified"),
  n_of("screened") - n_of("excluded_reasons") == n_of("assessed"),
  n_of("assessed") - n_of("reasons") == n_of("included")
)

save(msc_prisma_counts, file = "data/msc_prisma_counts.rda", version = 2, compress = "xz")
