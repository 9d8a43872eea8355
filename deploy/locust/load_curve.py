"""How many people are in the shop at a time: a day's wave, a quieter weekend, and a sale that comes all at once."""

import math
from dataclasses import dataclass

DAY = 86_400
WEEKEND = (5, 6)


@dataclass(frozen=True)
class Settings:
    """See README.md for each."""

    users: int = 200
    sale_factor: float = 4.0
    sale_hour: float = 20.0
    sale_days: tuple = (0, 1, 2, 3, 4, 5, 6)
    sale_rise_minutes: float = 2.0
    sale_half_life_minutes: float = 30.0
    weekend_factor: float = 0.7
    peak_hour: float = 20.0
    night_share: float = 0.25
    start_hour: float = 0.0
    start_weekday: int = 0
    speed: float = 1.0
    days: float = 7.0
    seed: int = 42

    @staticmethod
    def from_environment(environment):
        """Each field by its name in capitals, e.g. SALE_FACTOR=6, SALE_DAYS=4,5, SPEED=60."""
        given = {}
        for name, field in Settings.__dataclass_fields__.items():
            text = environment.get(name.upper())
            if not text:
                continue
            kind = type(field.default)
            given[name] = tuple(int(part) for part in text.split(",")) if kind is tuple else kind(text)
        settings = Settings(**given)
        if settings.speed <= 0 or settings.users < 1:
            raise ValueError("SPEED has to be above 0 and USERS at least 1")
        return settings


class LoadCurve:
    """Pure: equal settings and times give equal numbers."""

    def __init__(self, settings):
        self._settings = settings

    def users(self, run_seconds):
        """People after so many seconds of the run; None once its days are over."""
        settings = self._settings
        passed = run_seconds * settings.speed
        if passed >= settings.days * DAY:
            return None
        at = passed + settings.start_hour * 3600
        weekday = (settings.start_weekday + int(at // DAY)) % 7
        hour = (at % DAY) / 3600
        return max(1, round(settings.users * self._wave(hour) * self._week(weekday) * self._sale(weekday, hour)))

    def _wave(self, hour):
        settings = self._settings
        share = 0.5 + 0.5 * math.cos((hour - settings.peak_hour) / 24 * 2 * math.pi)
        return settings.night_share + (1 - settings.night_share) * share

    def _week(self, weekday):
        return self._settings.weekend_factor if weekday in WEEKEND else 1.0

    def _sale(self, weekday, hour):
        settings = self._settings
        minutes = (hour - settings.sale_hour) * 60
        if weekday not in settings.sale_days or minutes < 0:
            return 1.0
        rise = min(1.0, minutes / settings.sale_rise_minutes) if settings.sale_rise_minutes > 0 else 1.0
        fade = 0.5 ** (max(0.0, minutes - settings.sale_rise_minutes) / settings.sale_half_life_minutes)
        return 1.0 + (settings.sale_factor - 1.0) * rise * fade
