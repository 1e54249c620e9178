-- Demo buyers; the password of each is buyer-development. The administrator is made by the auth service itself.
INSERT INTO auth_schema.users (id, email, password_hash, name, phone) VALUES
    ('d0000000-0000-4000-8000-000000000001', 'buyer1@tiketi.gg', '$2b$10$5b4u.OD.sOCJe6uylgHzWujYZA1I4WJYYPw0KFd7yTRqeZUh.fy3e', '김지은', '010-1111-2222'),
    ('d0000000-0000-4000-8000-000000000002', 'buyer2@tiketi.gg', '$2b$10$5b4u.OD.sOCJe6uylgHzWujYZA1I4WJYYPw0KFd7yTRqeZUh.fy3e', 'Alex Kim', NULL),
    ('d0000000-0000-4000-8000-000000000003', 'buyer3@tiketi.gg', '$2b$10$5b4u.OD.sOCJe6uylgHzWujYZA1I4WJYYPw0KFd7yTRqeZUh.fy3e', '이민호', NULL)
ON CONFLICT DO NOTHING;
