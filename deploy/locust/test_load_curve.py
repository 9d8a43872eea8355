"""python3 -m unittest discover deploy/locust"""

import unittest

from load_curve import DAY, LoadCurve, Settings


class LoadCurveTest(unittest.TestCase):
    def users(self, hour, day=0, **settings):
        return LoadCurve(Settings(**settings)).users(day * DAY + hour * 3600)

    def test_the_day_has_its_height_in_the_evening_and_its_low_in_the_morning(self):
        quiet = {"sale_days": ()}
        self.assertEqual(self.users(20, **quiet), 200)
        self.assertEqual(self.users(8, **quiet), 50)

    def test_the_weekend_is_quieter(self):
        self.assertEqual(self.users(20, day=5, sale_days=()), 140)

    def test_a_sale_rises_within_minutes_and_fades_by_half(self):
        before, start, height, later = (self.users(20 + minutes / 60) for minutes in (-1, 0, 2, 32))
        self.assertEqual(start, 200)
        self.assertLessEqual(before, 200)
        self.assertAlmostEqual(height, 800, delta=4)
        self.assertAlmostEqual(later, 498, delta=10)

    def test_a_day_passes_in_minutes_where_that_is_asked_for(self):
        self.assertEqual(LoadCurve(Settings(speed=60, sale_days=())).users(20 * 60), 200)

    def test_it_ends_after_its_days(self):
        self.assertIsNone(self.users(0, day=7))

    def test_settings_come_from_the_environment(self):
        settings = Settings.from_environment({"USERS": "10", "SALE_DAYS": "4,5", "SPEED": "60"})
        self.assertEqual((settings.users, settings.sale_days, settings.speed), (10, (4, 5), 60.0))
        with self.assertRaises(ValueError):
            Settings.from_environment({"SPEED": "0"})


if __name__ == "__main__":
    unittest.main()
