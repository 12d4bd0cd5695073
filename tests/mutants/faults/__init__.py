"""All planted faults, by what they falsify.

They were written down before any was tried, and none has been taken out since.
"""

from tests.mutants.faults.beside import BESIDE
from tests.mutants.faults.exams import EXAMS
from tests.mutants.faults.following import FOLLOWING
from tests.mutants.faults.freedom import FREEDOM
from tests.mutants.faults.intervals import INTERVALS
from tests.mutants.faults.placebos import PLACEBOS
from tests.mutants.faults.pools import POOLS
from tests.mutants.faults.procedures import PROCEDURES
from tests.mutants.faults.worth import WORTH

FAULTS = {
    "From a variance to an interval": INTERVALS,
    "Which pools a variance is made of": POOLS,
    "Where placebos are placed, and what they may see": PLACEBOS,
    "Degrees of freedom and shrinkage": FREEDOM,
    "Resampling, ranks and conformal tests": PROCEDURES,
    "The exam": EXAMS,
    "A running promotion, and our own intervals over time": FOLLOWING,
    "What effects are worth": WORTH,
    "Diagnostics, storage and report": BESIDE,
}
